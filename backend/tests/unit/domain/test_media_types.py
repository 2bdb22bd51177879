"""Media types: families, extensions, and what a browser may be shown."""

import pytest

from docuvault.domain import media_types
from docuvault.domain.media_types import (
    INLINE_TYPES,
    READABLE_TYPES,
    Family,
    extension_of,
    family_of,
    from_extension,
    members,
)


@pytest.mark.parametrize("media_type", sorted(READABLE_TYPES))
def test_what_can_be_read_has_an_extension_that_leads_back(media_type: str) -> None:
    assert from_extension(extension_of(media_type)) == media_type


def test_extensions_are_known_in_any_case() -> None:
    assert from_extension(".PDF") == media_types.PDF
    assert from_extension(".unknown") is None
    assert from_extension("") is None
    assert extension_of("application/unknown") == ""


def test_families_share_no_type_and_hold_every_known_one() -> None:
    sets = [members(family) for family in Family]

    assert sum(map(len, sets)) == len(frozenset[str]().union(*sets))
    for family in Family:
        assert all(family_of(kind) is family for kind in members(family))
    assert family_of("image/x-new") is Family.IMAGE
    assert family_of("application/unknown") is Family.OTHER


def test_nothing_that_can_run_is_shown_in_place() -> None:
    assert not INLINE_TYPES & {media_types.HTML, media_types.SVG, media_types.PDF, media_types.EML}
