"""Whether routes get the Qdrant server that they ask for; for administrators."""

from datetime import UTC, datetime

from fastapi import APIRouter, Depends

from docuvault.api.admin import require_debugging
from docuvault.api.errors import problems
from docuvault.api.redis_deps import OptionalQdrantDep, QdrantDep
from docuvault.api.schemas.debug import DependencyOut

router = APIRouter(
    prefix="/api/debug/qdrant/dependencies",
    tags=["debug"],
    dependencies=[Depends(require_debugging)],
    responses=problems(401, 429),
)


@router.get("/required", operation_id="debug_qdrant_required")
async def required(_: QdrantDep) -> DependencyOut:
    """503 while the server is away."""
    return DependencyOut(dependency="required", server="qdrant", at=datetime.now(UTC))


@router.get("/optional", operation_id="debug_qdrant_optional")
async def optional(qdrant: OptionalQdrantDep) -> DependencyOut:
    """`server` is null while the server is away."""
    server = None if qdrant is None else "qdrant"
    return DependencyOut(dependency="optional", server=server, at=datetime.now(UTC))
