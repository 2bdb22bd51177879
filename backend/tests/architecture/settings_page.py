"""Writes what is said about settings outside the code: the page of all, and a part of .env.example.

python -m tests.architecture.settings_page > ../docs/configuration.md
python -m tests.architecture.settings_page env
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from docuvault.config.loader import ALIASES
from docuvault.config.settings import Settings

PAGE = Path(__file__).resolve().parents[3] / "docs/configuration.md"
EXAMPLE = Path(__file__).resolve().parents[3] / ".env.example"

_GENERAL = "General"
_FIRST_OF_SECTION = f"# --- {_GENERAL}:"
_TYPES: dict[object, str] = {
    bool: "true or false",
    int: "whole number",
    float: "number",
    str: "text",
    SecretStr: "secret text",
    Path: "folder",
    list[str]: "JSON list of texts",
    dict[str, str]: "JSON object of texts",
}
_INTRODUCTION = """\
# Configuration

<!-- Made by `python -m tests.architecture.settings_page`; a test fails when it is stale. -->

Every setting is an environment variable named `DOCUVAULT_<GROUP>__<FIELD>`; a `.env` file in the
working folder stands in for variables that are not set. Every setting has a default that works, and
a name that is not in this list is refused at the start. `docuvault config` tells whether the
settings can be used.

With Docker Compose the values come from `.env`, which `make env` writes out of `.env.example`.
Compose itself fixes the settings that follow from its services (drivers, addresses, folders).
"""


@dataclass(frozen=True)
class Setting:
    """One setting as people meet it."""

    name: str
    kind: str
    default: str | None
    description: str


@dataclass(frozen=True)
class SettingGroup:
    """The settings of one group, in the order of the code."""

    title: str
    description: str
    settings: tuple[Setting, ...]


def setting_groups() -> list[SettingGroup]:
    """All settings, grouped; those that stand alone come first."""
    alone: list[Setting] = []
    groups: list[SettingGroup] = []
    for name, field in Settings.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            prefix = f"DOCUVAULT_{name.upper()}__"
            described = tuple(_setting(prefix, *pair) for pair in inner.model_fields.items())
            groups.append(SettingGroup(name, (inner.__doc__ or "").strip(), described))
        else:
            alone.append(_setting("DOCUVAULT_", name, field))
    return [SettingGroup(_GENERAL, "What concerns the process as a whole.", tuple(alone)), *groups]


def page() -> str:
    """The text of docs/configuration.md."""
    lines = [_INTRODUCTION]
    for group in setting_groups():
        title = group.title if group.title == _GENERAL else f"`{group.title}`"
        lines += [f"## {title}", "", group.description, ""]
        lines += ["| setting | values | default | meaning |", "|--|--|--|--|"]
        for setting in group.settings:
            default = "not set" if setting.default is None else f"`{setting.default}`"
            shown = "empty" if setting.default == "" else default
            meaning = setting.description.replace("|", "\\|")
            lines.append(f"| `{setting.name}` | {setting.kind} | {shown} | {meaning} |")
        lines.append("")
    lines += ["## Other names", "", "These names set the same; the setting's own name wins.", ""]
    lines += ["| name | the same as |", "|--|--|"]
    for alias, (outer, field) in ALIASES.items():
        own = f"DOCUVAULT_{outer}" if field is None else f"DOCUVAULT_{outer}__{field}"
        lines.append(f"| `{alias}` | `{own.upper()}` |")
    return "\n".join(lines) + "\n"


def env_section() -> str:
    """The part of .env.example that lists every setting, all commented out."""
    lines: list[str] = []
    for group in setting_groups():
        lines += ["", f"# --- {group.title}: {group.description}"]
        for setting in group.settings:
            lines += [f"# {setting.description}", f"#{setting.name}={setting.default or ''}"]
    return "\n".join(lines).lstrip("\n") + "\n"


def _setting(prefix: str, name: str, field: FieldInfo) -> Setting:
    return Setting(
        name=f"{prefix}{name.upper()}",
        kind=_kind(field),
        default=_default(field.default),
        description=field.description or "",
    )


def _kind(field: FieldInfo) -> str:
    annotation: Any = field.annotation
    if get_origin(annotation) in (Union, UnionType):
        (annotation,) = (one for one in get_args(annotation) if one is not NoneType)
    if get_origin(annotation) is Literal:
        return " or ".join(f"`{value}`" for value in get_args(annotation))
    return " ".join([_TYPES[annotation], *_bounds(field)])


def _bounds(field: FieldInfo) -> Iterator[str]:
    words = {"ge": "from", "gt": "above", "le": "to", "lt": "below"}
    for constraint in field.metadata:
        for attribute, word in words.items():
            bound = getattr(constraint, attribute, None)
            if bound is not None:
                yield f"{word} {bound}"


def _default(value: Any) -> str | None:
    if value is None or value is PydanticUndefined:
        return None
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, bool | list):
        return json.dumps(value)
    return str(value)


def write() -> None:
    """Bring docs/configuration.md and the last part of .env.example up to date."""
    PAGE.write_text(page())
    kept, found, _ = EXAMPLE.read_text().partition(_FIRST_OF_SECTION)
    if not found:
        raise SystemExit(f"{EXAMPLE.name} has no line that begins with {_FIRST_OF_SECTION!r}.")
    EXAMPLE.write_text(kept + env_section())


if __name__ == "__main__":
    if sys.argv[1:] == ["write"]:
        write()
    else:
        sys.stdout.write(page())
