"""Reading the compose files as Compose does: merged anchors, variables put in."""

import re
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parents[4]
COMPOSE = ROOT / "docker-compose.yml"
OVERLAYS = (ROOT / "docker/compose.dev.yml", ROOT / "docker/compose.ai-host.yml")
OURS = {"migrate", "storage-init", "backend", "celery-worker", "celery-beat"}
APPLICATION = ("backend", "celery-worker", "celery-beat")

# ${NAME:-default} and ${NAME:?message}; nothing inside is a variable again, for docker-compose 1.29
# does not understand that.
VARIABLE = re.compile(r"\$\{(?P<name>[A-Z][A-Z0-9_]*)(?P<rule>:[-?])(?P<text>[^${}]*)\}")


def services(path: Path = COMPOSE) -> dict[str, dict[str, Any]]:
    """The services of a file by name, variables not put in."""
    found: dict[str, dict[str, Any]] = yaml.safe_load(path.read_text())["services"]
    return found


def environment_of(service: dict[str, Any], given: dict[str, str]) -> dict[str, str]:
    """What a container of the service finds in its environment when `.env` holds `given`."""
    result: dict[str, str] = {}
    for name, value in service.get("environment", {}).items():
        if value is not None:
            result[name] = put_in(str(value), given)
        elif name in given:
            result[name] = given[name]
    return result


def put_in(text: str, given: dict[str, str]) -> str:
    """The text with its variables replaced; KeyError for a required one that is missing."""

    def value(match: re.Match[str]) -> str:
        held = given.get(match["name"], "")
        if held:
            return held
        if match["rule"] == ":?":
            raise KeyError(match["name"])
        return match["text"]

    return VARIABLE.sub(value, text)
