"""`docuvault check` and `docuvault config`: whether services and settings can be used."""

import asyncio
import json
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from docuvault.cli.settings import CONFIGURATION_FAULT, UNAVAILABLE, refuse, settings_or_exit
from docuvault.config.settings import Settings
from docuvault.domain.errors import DocuVaultError
from docuvault.domain.health import HealthStatus

if TYPE_CHECKING:
    from docuvault.domain.health import HealthCheckResult

DEGRADED = 1


class Part(StrEnum):
    """What can be checked by itself."""

    REDIS = "redis"
    QDRANT = "qdrant"
    DATABASE = "database"
    STORAGE = "storage"
    WORKER = "worker"


_REMEDIES = {
    Part.REDIS: "Start Redis, or correct REDIS_URL.",
    Part.QDRANT: "Start Qdrant, or correct QDRANT_URL and QDRANT_API_KEY.",
    Part.DATABASE: "Start the database, or correct DATABASE_URL; then run `docuvault db upgrade`.",
    Part.STORAGE: "Start the object storage, or correct the MINIO_* settings or the data folder.",
    Part.WORKER: "Start `docuvault worker` and `docuvault beat`, or `docuvault serve` if embedded.",
}
_NOT_USED = {
    Part.REDIS: "No Redis is configured; the vault does without. Set REDIS_URL to use one.",
    Part.QDRANT: "No Qdrant server is configured; the index is embedded in the vault's process."
    " Set QDRANT_URL to use a server.",
}


def check(
    part: Annotated[
        Part | None, typer.Argument(help="Only this one; all that are used if left out.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Ask the base services whether they work; nothing is changed.

    Exit code 0: all is well. 1: something works with less. 69: something does not answer.
    78: wrong settings.
    """
    settings = settings_or_exit()
    try:
        results = asyncio.run(_ask(settings, part))
    except DocuVaultError as error:
        refuse(error)
    if part is not None and part not in results:
        typer.echo(_NOT_USED[part], err=True)
        raise typer.Exit(CONFIGURATION_FAULT)
    code = _exit_code(results)
    if as_json:
        typer.echo(json.dumps(_report(results, code), indent=2))
    else:
        for name, result in results.items():
            typer.echo(_line(name, result))
    raise typer.Exit(code)


def config() -> None:
    """Read the settings, refuse what is unsafe, and say which drivers are chosen."""
    settings = settings_or_exit()
    database = "PostgreSQL" if settings.database.url else "SQLite"
    vectors = "a Qdrant server" if settings.qdrant.url else "embedded Qdrant"
    typer.echo(
        f"Environment {settings.env}: {database}, {settings.storage.driver} storage, {vectors},"
        f" {settings.queue.driver} queue, {settings.ai.provider} classifier."
    )


async def _ask(settings: Settings, part: Part | None) -> "dict[Part, HealthCheckResult]":
    from docuvault.bootstrap.probing import open_probes

    async with open_probes(settings) as probes:
        chosen = [Part(name) for name in probes if part in (None, name)]
        results = await asyncio.gather(*(probes[name].check() for name in chosen))
        return dict(zip(chosen, results, strict=True))


def _exit_code(results: "dict[Part, HealthCheckResult]") -> int:
    found = {result.status for result in results.values()}
    if HealthStatus.UNHEALTHY in found:
        return UNAVAILABLE
    return DEGRADED if HealthStatus.DEGRADED in found else 0


def _line(part: Part, result: "HealthCheckResult") -> str:
    line = f"{part:<9} {result.status:<9} {result.latency_ms:>8.1f} ms"
    if result.status is HealthStatus.HEALTHY:
        return line
    return f"{line}  {' '.join(filter(None, (result.message, result.works, _REMEDIES[part])))}"


def _report(results: "dict[Part, HealthCheckResult]", code: int) -> dict[str, object]:
    words = {0: HealthStatus.HEALTHY, DEGRADED: HealthStatus.DEGRADED}
    return {
        "status": words.get(code, HealthStatus.UNHEALTHY),
        "parts": [
            {
                "name": part,
                "status": result.status,
                "latency_ms": result.latency_ms,
                "message": result.message,
                "works": result.works,
                "remedy": "" if result.status is HealthStatus.HEALTHY else _REMEDIES[part],
            }
            for part, result in results.items()
        ],
    }
