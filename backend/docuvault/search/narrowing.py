"""What a search is narrowed to besides its words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Narrowing:
    """`created_from` is inclusive, `created_before` exclusive; empty sequences do not narrow."""

    topic_ids: Sequence[UUID] = ()
    media_types: Sequence[str] = ()
    created_from: datetime | None = None
    created_before: datetime | None = None
