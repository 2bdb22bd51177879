"""A person's choice of the mode, for administrators."""

from fastapi import APIRouter

from docuvault.api.admin import AdminDep
from docuvault.api.deps import ResourcesDep
from docuvault.api.errors import problems
from docuvault.api.schemas.status import ModeChoice, ModeOut
from docuvault.fallback.manager import FallbackManager

router = APIRouter(prefix="/api/status/mode", tags=["system"])


@router.put("", operation_id="set_mode", responses=problems(401, 429))
async def set_mode(_: AdminDep, choice: ModeChoice, resources: ResourcesDep) -> ModeOut:
    """Put a mode in force for some minutes, whatever the facts say."""
    await resources.fallback.set_mode(choice.mode, choice.reason, expire=choice.minutes * 60.0)
    return await _standing(resources.fallback)


@router.delete("", operation_id="clear_mode", responses=problems(401, 429))
async def clear_mode(_: AdminDep, resources: ResourcesDep) -> ModeOut:
    """Let the facts decide again."""
    await resources.fallback.clear_override()
    return await _standing(resources.fallback)


async def _standing(fallback: FallbackManager) -> ModeOut:
    standing = await fallback.get_status()
    return ModeOut(
        mode=standing.mode,
        mode_reason=standing.reason,
        mode_since=standing.since,
        overridden_until=standing.overridden_until,
    )
