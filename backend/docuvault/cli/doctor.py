"""`docuvault doctor`: whether the vault still holds what it promised; it only reads."""

import asyncio
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import structlog
import typer

from docuvault.cli.settings import CONFIGURATION_FAULT, UNAVAILABLE, settings_or_exit
from docuvault.config.settings import Settings
from docuvault.domain.errors import (
    ConfigurationError,
    DependencyUnavailable,
    DocuVaultError,
    ErrorCode,
)

if TYPE_CHECKING:
    from docuvault.integrity.findings import Finding
    from docuvault.integrity.verdict import Verdict

log = structlog.get_logger(__name__)

FOUND_DAMAGE = 1
NOT_ALL_CHECKED = 3
# EX_SOFTWARE of sysexits.h.
UNEXPECTED_FAULT = 70


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
    originals: Annotated[
        bool, typer.Option(help="Read every original and compare its SHA-256.")
    ] = True,
) -> None:
    """Look for damage: originals, objects, documents, work, and what was made of documents.

    Exit code 0: all is well. 1: something was found. 3: nothing was found, but not all could be
    looked at. 69: the database or the object storage does not answer. 70: something unexpected.
    78: wrong settings.
    """
    settings = settings_or_exit()
    verdicts: list[Verdict] = []
    fault: DocuVaultError | None = None
    try:
        asyncio.run(_examine(settings, originals, verdicts, told=not as_json))
    except DocuVaultError as error:
        fault = error
    except Exception as error:
        log.error("doctor.failed", error=type(error).__name__)
        fault = DocuVaultError(
            ErrorCode.INTERNAL_ERROR, f"Something unexpected happened, {type(error).__name__}."
        )
    if fault is not None:
        typer.echo(f"DocuVault cannot be examined: {fault.detail}", err=True)
    if as_json:
        typer.echo(json.dumps(_report(verdicts, fault), indent=2))
    raise typer.Exit(exit_code(verdicts, fault))


def exit_code(verdicts: "Sequence[Verdict]", fault: DocuVaultError | None = None) -> int:
    """What the command ends with; `fault` is what kept it from being done."""
    from docuvault.integrity.verdict import Cause

    causes = {gap.cause for verdict in verdicts for gap in verdict.not_checked}
    if any(verdict.count for verdict in verdicts):
        return FOUND_DAMAGE
    if isinstance(fault, ConfigurationError):
        return CONFIGURATION_FAULT
    if Cause.UNEXPECTED in causes or (fault and not isinstance(fault, DependencyUnavailable)):
        return UNEXPECTED_FAULT
    if Cause.UNAVAILABLE in causes or fault:
        return UNAVAILABLE
    return NOT_ALL_CHECKED if causes else 0


async def _examine(
    settings: Settings, originals: bool, verdicts: "list[Verdict]", *, told: bool
) -> None:
    """Append the verdicts one by one, so that none is lost when something goes wrong."""
    from docuvault.bootstrap.inspection import open_inspection
    from docuvault.integrity.doctor import examine
    from docuvault.integrity.verdict import verdict_on_unreadable

    def note(verdict: "Verdict") -> None:
        verdicts.append(verdict)
        if told:
            _tell(verdict)

    try:
        async with open_inspection(settings) as inspection:
            async for verdict in examine(inspection, read_originals=originals):
                note(verdict)
    except DependencyUnavailable as error:
        if error.code is not ErrorCode.DB_CORRUPT:
            raise
        note(verdict_on_unreadable(error))


def _tell(verdict: "Verdict") -> None:
    checked = ", ".join(f"{count} {subjects}" for subjects, count in verdict.checked.items())
    outcome = f"{verdict.count} finding{'' if verdict.count == 1 else 's'}"
    if not verdict.count:
        outcome = "not all checked" if verdict.not_checked else "ok"
    typer.echo(f"{verdict.invariant}  {outcome}  ({checked})  {verdict.promise}")
    for finding in verdict.findings:
        typer.echo(f"    {finding.code}  {finding.subject}: {finding.sentence} {finding.remedy}")
    if verdict.count > len(verdict.findings):
        typer.echo(f"    and {verdict.count - len(verdict.findings)} more")
    for gap in verdict.not_checked:
        typer.echo(f"    not checked: {gap.sentence}")


def _report(verdicts: "list[Verdict]", fault: DocuVaultError | None) -> dict[str, Any]:
    return {
        "clean": fault is None and not any(verdict.count for verdict in verdicts),
        "complete": fault is None and not any(verdict.not_checked for verdict in verdicts),
        "fault": fault.detail if fault else None,
        "invariants": [
            {
                "invariant": verdict.invariant,
                "promise": verdict.promise,
                "checked": verdict.checked,
                "findings": verdict.count,
                "not_checked": [gap.sentence for gap in verdict.not_checked],
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
