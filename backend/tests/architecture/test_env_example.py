"""Every setting is explained where people look for it: in .env.example and on the page of all."""

import re

from docuvault.config.loader import ALIASES, setting_names
from tests.architecture import settings_page
from tests.unit.deploy.compose_files import COMPOSE, OVERLAYS, VARIABLE

EXAMPLE = settings_page.EXAMPLE.read_text()
STALE = "run `python -m tests.architecture.settings_page write` in backend/"
NAMES = re.findall(r"^#?([A-Z][A-Z0-9_]*)=", EXAMPLE, re.MULTILINE)
COMPOSE_FILES = [COMPOSE, *OVERLAYS]


def compose_variables() -> dict[str, set[str]]:
    """The variables of the compose files with their defaults."""
    found: dict[str, set[str]] = {}
    for path in COMPOSE_FILES:
        for match in VARIABLE.finditer(path.read_text()):
            defaults = found.setdefault(match["name"], set())
            if match["rule"] == ":-":
                defaults.add(match["text"])
    return found


def test_every_setting_stands_in_the_example() -> None:
    assert set(setting_names()) <= set(NAMES)


def test_the_example_knows_no_other_names() -> None:
    assert set(NAMES) <= {*setting_names(), *ALIASES, *compose_variables()}


def test_every_variable_of_compose_stands_in_the_example() -> None:
    assert set(compose_variables()) <= set(NAMES)


def test_the_example_shows_the_defaults_that_compose_uses() -> None:
    shown = dict(re.findall(r"^#?([A-Z][A-Z0-9_]*)=(.*)$", EXAMPLE, re.MULTILINE))
    for name, defaults in compose_variables().items():
        if name not in setting_names():
            assert len(defaults) <= 1
            assert defaults <= {shown[name]}, name


def test_the_example_lists_settings_with_their_present_meaning_and_default() -> None:
    assert EXAMPLE.endswith(settings_page.env_section()), STALE


def test_the_page_of_all_settings_is_fresh() -> None:
    assert settings_page.PAGE.read_text() == settings_page.page(), STALE


def test_every_setting_is_described() -> None:
    groups = settings_page.setting_groups()
    described = {one.name: one.description for group in groups for one in group.settings}
    assert list(described) == setting_names()
    for name, description in described.items():
        assert description.endswith("."), name
    assert all(group.description.endswith(".") for group in groups)
