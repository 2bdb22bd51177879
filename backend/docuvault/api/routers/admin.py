"""The administrator's token, for a user interface that wants to try it."""

from fastapi import APIRouter

from docuvault.api.admin import AdminDep
from docuvault.api.errors import problems

router = APIRouter(prefix="/api/admin", tags=["system"])


@router.get(
    "/session", operation_id="get_admin_session", status_code=204, responses=problems(401, 429)
)
async def session(_: AdminDep) -> None:
    """204 when the request carries the right token, or none is needed."""
