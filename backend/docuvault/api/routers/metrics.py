"""Measurements for a Prometheus server."""

from fastapi import APIRouter, Request, Response

from docuvault.api.admin import AdminGateDep, require_admin
from docuvault.api.deps import ResourcesDep
from docuvault.api.errors import problems
from docuvault.domain.errors import NotFound

router = APIRouter(tags=["health"])


@router.get(
    "/metrics",
    operation_id="metrics",
    response_class=Response,
    responses={
        **problems(401, 404, 429),
        200: {"description": "Prometheus text", "content": {"text/plain": {}}},
    },
)
async def metrics(request: Request, gate: AdminGateDep, resources: ResourcesDep) -> Response:
    """All measurements of this process; with the administrator's token, or outside production."""
    settings = resources.settings
    if settings.admin_token is not None or settings.env == "production":
        await require_admin(request, gate)
    rendered = resources.metrics.render()
    if rendered is None:
        raise NotFound()
    body, media_type = rendered
    return Response(body, media_type=media_type)
