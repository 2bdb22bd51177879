"""What a client should know before it begins."""

from fastapi import APIRouter

from docuvault.api.admin import AdminGateDep
from docuvault.api.deps import ResourcesDep
from docuvault.api.errors import problems
from docuvault.api.schemas.system import Info
from docuvault.domain.media_types import READABLE_TYPES
from docuvault.version import VERSION

router = APIRouter(prefix="/api/info", tags=["system"])


@router.get("", operation_id="get_info", responses=problems())
async def info(resources: ResourcesDep, gate: AdminGateDep) -> Info:
    """Limits and abilities of this vault."""
    return Info(
        name="DocuVault",
        version=VERSION,
        max_upload_bytes=resources.settings.uploads.max_bytes,
        readable_media_types=sorted(READABLE_TYPES),
        text_leaves_the_vault=(await resources.classifier.choice()).text_leaves_the_vault,
        admin_token_needed=gate.needs_token,
    )
