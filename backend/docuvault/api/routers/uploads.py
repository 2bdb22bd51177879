"""Uploading: the file is read straight from the request."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Request, Response

from docuvault.api.deps import OwnerDep, ResourcesDep
from docuvault.api.errors import problems
from docuvault.api.multipart import UploadForm
from docuvault.api.presenting import present_document
from docuvault.api.schemas.documents import UploadResult
from docuvault.db.repositories.documents import DocumentRepository
from docuvault.documents.idempotency import IdempotentUploads
from docuvault.documents.upload import UploadService
from docuvault.domain.errors import NotFound

router = APIRouter(prefix="/api/documents", tags=["documents"])

_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "auto_classify": {"type": "boolean", "default": True},
                    },
                }
            }
        },
    }
}


async def get_uploads(resources: ResourcesDep) -> IdempotentUploads:
    """The service over this process's resources."""
    service = UploadService(
        resources.database,
        resources.storage,
        resources.queue,
        resources.events,
        resources.settings.uploads,
    )
    return IdempotentUploads(service, resources.key_value)


@router.post(
    "/upload",
    operation_id="upload_document",
    status_code=201,
    response_model=UploadResult,
    responses={
        200: {"model": UploadResult, "description": "The same bytes were here before"},
        **problems(408, 409),
    },
    openapi_extra=_BODY,
)
async def upload(
    request: Request,
    owner_id: OwnerDep,
    resources: ResourcesDep,
    uploads: Annotated[IdempotentUploads, Depends(get_uploads)],
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=255,
            description="A name for this upload; sent again under it, it is stored at most once.",
        ),
    ] = None,
) -> Response:
    """Keep one file. When this answers, the original is stored for good."""
    form = UploadForm(request, resources.settings.uploads)
    name = await form.begin()
    outcome = await uploads.store(
        owner_id, idempotency_key, name, form.chunks(), form.auto_classify
    )
    document = outcome.document
    if document is None:
        async with resources.database.reading() as session:
            document = await DocumentRepository(session, owner_id).get(outcome.document_id)
    if document is None:
        raise NotFound()
    result = UploadResult(document=present_document(document), duplicate=outcome.duplicate)
    # Written here, since the framework would check once more what was just made.
    return Response(
        result.model_dump_json(),
        status_code=200 if outcome.duplicate else 201,
        media_type="application/json",
        headers={"Idempotent-Replay": "true"} if outcome.replayed else None,
    )
