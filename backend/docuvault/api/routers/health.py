"""Health for machines: is the process alive, can it serve, and how is each part."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from docuvault.api.schemas.system import Alive, ComponentOut, HealthOut, OverallStatus, ReadyOut
from docuvault.domain.health import HealthStatus
from docuvault.health.monitor import HealthMonitor
from docuvault.health.report import HealthReport

router = APIRouter(prefix="/health", tags=["health"])

# Young enough that readiness tells of a fault, and of its end, within two seconds.
_READY_AGE_SECONDS = 0.5
_WORDS = {
    HealthStatus.HEALTHY: "ok",
    HealthStatus.DEGRADED: "degraded",
    HealthStatus.UNHEALTHY: "error",
}


async def get_monitor(request: Request) -> HealthMonitor | None:
    """The monitor; None while the process is starting."""
    resources = getattr(request.app.state, "resources", None)
    return resources.health if resources is not None else None


MonitorDep = Annotated[HealthMonitor | None, Depends(get_monitor)]


@router.get("", operation_id="health")
async def health(monitor: MonitorDep) -> HealthOut:
    """`ok` or `degraded`, with one word per part: `ok`, `degraded` or `error`."""
    report = await monitor.report() if monitor else _STARTING
    return HealthOut(
        status=OverallStatus.OK
        if report.status is HealthStatus.HEALTHY
        else OverallStatus.DEGRADED,
        checks={result.name: _WORDS[result.status] for result in report.results},
    )


@router.get("/live", operation_id="health_live")
async def live() -> Alive:
    """The process answers."""
    return Alive(status="alive")


@router.get(
    "/ready",
    operation_id="health_ready",
    responses={503: {"model": ReadyOut, "description": "A critical part is away"}},
)
async def ready(monitor: MonitorDep, response: Response) -> ReadyOut:
    """503 while a part is away without which requests cannot be served; lists those parts."""
    report = _STARTING
    if monitor is not None:
        report = await monitor.report(_READY_AGE_SECONDS, critical_only=True)
    if report.status is HealthStatus.UNHEALTHY:
        response.status_code = 503
    return _present(report)


@router.get("/infra", operation_id="health_infra")
async def infra(monitor: MonitorDep) -> ReadyOut:
    """All parts, critical or not."""
    return _present(await monitor.report() if monitor else _STARTING)


def _present(report: HealthReport) -> ReadyOut:
    return ReadyOut(
        status=report.status,
        components=[ComponentOut.model_validate(result) for result in report.results],
    )


# Nothing can be served before the resources are open.
_STARTING = HealthReport(HealthStatus.UNHEALTHY, ())
