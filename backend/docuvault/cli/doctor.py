"""`docuvault doctor`: whether the vault still holds what it promised; it only reads."""

import asyncio
import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from docuvault.cli.settings import CONFIGURATION_FAULT, UNAVAILABLE, settings_or_exit
from docuvault.config.settings import Settings
from docuvault.domain.errors import ConfigurationError, DocuVaultError

if TYPE_CHECKING:
    from docuvault.integrity.doctor import Verdict
    from docuvault.integrity.findings import Finding

FOUND_DAMAGE = 1
NOT_ALL_CHECKED = 3


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    originals: Annotated[
        bool, typer.Option(help="Read every original and compare its SHA-256.")
    ] = True,
) -> None:
    """Look for damage: originals, objects, documents, work, and what was made of documents.

    Exit code 0: all is well. 1: something was found. 3: nothing was found, but not all could be
    looked at. 69: the database or the object storage does not answer. 78: wrong settings.
    """
    settings = settings_or_exit()
    try:
        verdicts = asyncio.run(_examine(settings, originals, told=not as_json))
    except DocuVaultError as error:
        typer.echo(f"DocuVault cannot be examined: {error.detail}", err=True)
        configured = isinstance(error, ConfigurationError)
        raise typer.Exit(CONFIGURATION_FAULT if configured else UNAVAILABLE) from None
    if as_json:
        typer.echo(json.dumps(_report(verdicts), indent=2))
    if any(verdict.count for verdict in verdicts):
        raise typer.Exit(FOUND_DAMAGE)
    if any(verdict.not_checked for verdict in verdicts):
        raise typer.Exit(NOT_ALL_CHECKED)


async def _examine(settings: Settings, originals: bool, *, told: bool) -> "list[Verdict]":
    from docuvault.bootstrap import open_inspection
    from docuvault.integrity.doctor import examine

    verdicts = []
    async with open_inspection(settings) as inspection:
        async for verdict in examine(inspection, read_originals=originals):
            verdicts.append(verdict)
            if told:
                _tell(verdict)
    return verdicts


def _tell(verdict: "Verdict") -> None:
    checked = ", ".join(f"{count} {subjects}" for subjects, count in verdict.checked.items())
    outcome = f"{verdict.count} finding{'' if verdict.count == 1 else 's'}"
    typer.echo(
        f"{verdict.invariant}  {outcome if verdict.count else 'ok'}  ({checked})  {verdict.promise}"
    )
    for finding in verdict.findings:
        typer.echo(f"    {finding.code}  {finding.subject}: {finding.sentence} {finding.remedy}")
    if verdict.count > len(verdict.findings):
        typer.echo(f"    and {verdict.count - len(verdict.findings)} more")
    for sentence in verdict.not_checked:
        typer.echo(f"    not checked: {sentence}")


def _report(verdicts: "list[Verdict]") -> dict[str, Any]:
    return {
        "clean": not any(verdict.count for verdict in verdicts),
        "complete": not any(verdict.not_checked for verdict in verdicts),
        "invariants": [
            {
                "invariant": verdict.invariant,
                "promise": verdict.promise,
                "checked": verdict.checked,
                "findings": verdict.count,
                "not_checked": verdict.not_checked,
            }
            for verdict in verdicts
        ],
        "findings": [_entry(finding) for verdict in verdicts for finding in verdict.findings],
    }


def _entry(finding: "Finding") -> dict[str, str]:
    return {
        "invariant": finding.invariant,
        "code": finding.code,
        "subject": finding.subject,
        "sentence": finding.sentence,
        "remedy": finding.remedy,
    }
