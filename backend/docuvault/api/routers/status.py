"""How the vault is doing, for people."""

from fastapi import APIRouter

from docuvault.api.deps import ResourcesDep
from docuvault.api.errors import problems
from docuvault.api.schemas.status import NoticeOut, QueueOut, StatusOut, TransitionOut
from docuvault.api.schemas.system import ComponentOut
from docuvault.domain.errors import DependencyUnavailable
from docuvault.domain.health import HealthStatus
from docuvault.domain.modes import Mode
from docuvault.health.backlog import BacklogReader
from docuvault.health.report import HealthReport
from docuvault.version import VERSION

router = APIRouter(prefix="/api/status", tags=["system"])

_TRANSITIONS = 20
_MODES = {
    Mode.HEURISTIC: (
        "The AI provider is left out for now: topics come from rules and the local model.",
        "Everything else works; the provider looks at these documents when it is back.",
    ),
    Mode.SAFE: (
        "Documents are only stored, read and indexed by their words for now.",
        "Uploads, downloads and search by words work; topics and meaning are added later.",
    ),
}


@router.get("", operation_id="get_status", responses=problems())
async def get_status(resources: ResourcesDep) -> StatusOut:
    """All parts in plain words, and the work that waits; answers whatever is away."""
    report = await resources.health.report()
    standing = await resources.fallback.get_status()
    transitions = await resources.fallback.get_transitions_log(_TRANSITIONS)
    return StatusOut(
        mode=standing.mode,
        mode_reason=standing.reason,
        mode_since=standing.since,
        overridden_until=standing.overridden_until,
        status=report.status,
        components=[ComponentOut.model_validate(result) for result in report.results],
        queue=None if report.failed("database") else await _queue(resources.backlog),
        notices=[*_mode_notices(standing.mode), *_notices(report)],
        transitions=[
            TransitionOut.model_validate({**change, "at": change["timestamp"]})
            for change in transitions
        ],
        version=VERSION,
        uptime_seconds=round(resources.health.uptime_seconds, 1),
    )


def _mode_notices(mode: Mode) -> list[NoticeOut]:
    if mode is Mode.PRIMARY:
        return []
    sentence, works = _MODES[mode]
    return [NoticeOut(code=f"mode_{mode.value}", sentence=sentence, works=works)]


async def _queue(backlog: BacklogReader) -> QueueOut | None:
    try:
        return QueueOut.model_validate(await backlog.read())
    except DependencyUnavailable:
        return None


def _notices(report: HealthReport) -> list[NoticeOut]:
    return [
        NoticeOut(
            code=f"{result.name}_{result.status.value}",
            sentence=result.message,
            works=result.works,
        )
        for result in report.results
        if result.status is not HealthStatus.HEALTHY
    ]
