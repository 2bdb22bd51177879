"""Health for machines: is the process alive, can it serve, and how is each part."""

from fastapi import APIRouter, Response

from docuvault.api.deps import ResourcesDep
from docuvault.api.schemas.system import Alive, ComponentOut, HealthOut, OverallStatus, ReadyOut
from docuvault.domain.health import HealthStatus

router = APIRouter(prefix="/health", tags=["health"])


@router.get("", operation_id="health")
async def health(resources: ResourcesDep) -> HealthOut:
    """`ok` or `degraded`, with one word per part."""
    report = await resources.health.report()
    well = report.status is HealthStatus.HEALTHY
    return HealthOut(
        status=OverallStatus.OK if well else OverallStatus.DEGRADED,
        checks={
            result.name: "ok" if result.status is HealthStatus.HEALTHY else "error"
            for result in report.results
        },
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
async def ready(resources: ResourcesDep, response: Response) -> ReadyOut:
    """503 when a part is away without which requests cannot be served."""
    report = await resources.health.report()
    if report.status is HealthStatus.UNHEALTHY:
        response.status_code = 503
    return ReadyOut(
        status=report.status,
        components=[ComponentOut.model_validate(result) for result in report.results],
    )
