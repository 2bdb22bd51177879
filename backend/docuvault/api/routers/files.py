"""The originals: whole or in part, never in a way that a browser would run."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from starlette.responses import StreamingResponse

from docuvault.api.deps import DocumentId, OwnerDep, ResourcesDep
from docuvault.api.disposition import content_disposition
from docuvault.api.errors import problems
from docuvault.api.ranges import Span, parse_range
from docuvault.bootstrap.resources import Resources
from docuvault.db.models import Document
from docuvault.db.repositories.documents import DocumentRepository
from docuvault.documents.damage import report_damage
from docuvault.domain.errors import ErrorCode, NotFound, ProcessingFailed
from docuvault.domain.media_types import INLINE_TYPES, PDF, TEXT

router = APIRouter(prefix="/api/documents", tags=["documents"])

_BINARY = {"content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}


@dataclass(frozen=True, slots=True)
class _Conditions:
    """What the client has already and which part it wants."""

    if_none_match: str | None
    if_range: str | None
    range: str | None


@router.get(
    "/{document_id}/file",
    operation_id="download_document",
    response_class=StreamingResponse,
    responses={
        200: {"description": "The original", **_BINARY},
        206: {"description": "A part of the original", **_BINARY},
        304: {"description": "The client has it already"},
        **problems(404, 410, 416),
    },
)
@router.head(
    "/{document_id}/file",
    operation_id="head_document",
    response_class=Response,
    responses={
        200: {"description": "The headers of the original"},
        206: {"description": "The headers of a part"},
        304: {"description": "The client has it already"},
        **problems(404, 410, 416),
    },
)
async def download(
    request: Request,
    document_id: DocumentId,
    owner_id: OwnerDep,
    resources: ResourcesDep,
    download: Annotated[bool, Query(description="Save it rather than show it.")] = False,
    range: Annotated[str | None, Header()] = None,
    if_range: Annotated[str | None, Header()] = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """The original, byte for byte. No database session is held while it streams."""
    async with resources.database.reading() as session:
        document = await DocumentRepository(session, owner_id).get(document_id)
    if document is None:
        raise NotFound()
    conditions = _Conditions(if_none_match, if_range, range)
    return await _answer(
        resources, document, conditions, as_file=download, head=request.method == "HEAD"
    )


async def _answer(
    resources: Resources,
    document: Document,
    conditions: _Conditions,
    *,
    as_file: bool,
    head: bool,
) -> Response:
    storage = resources.storage
    etag = f'"sha256-{document.sha256}"'
    headers = _headers(document, etag, as_file)
    if _has_it(conditions.if_none_match, etag):
        return Response(status_code=304, headers=headers)
    whole = Span(0, document.size_bytes)
    span = whole
    if conditions.range is not None and conditions.if_range in (None, etag):
        span = parse_range(conditions.range, document.size_bytes) or whole
    status = 200 if span is whole else 206
    headers["Content-Length"] = str(span.length)
    if status == 206:
        headers["Content-Range"] = (
            f"bytes {span.start}-{span.start + span.length - 1}/{document.size_bytes}"
        )
    if head:
        await storage.stat(document.object_key)
        return Response(status_code=status, headers=headers)
    stack = AsyncExitStack()
    chunks = await stack.enter_async_context(
        storage.open_stream(document.object_key, span.start, span.length)
    )
    body = _stream(stack, chunks, document if span is whole else None, resources)
    return StreamingResponse(body, status_code=status, headers=headers)


async def _stream(
    stack: AsyncExitStack,
    chunks: AsyncIterator[bytes],
    whole: Document | None,
    resources: Resources,
) -> AsyncIterator[bytes]:
    """The chunks; the last one of a whole file leaves only when the hash is right."""
    async with stack:
        if whole is None:
            async for chunk in chunks:
                yield chunk
            return
        digest = hashlib.sha256()
        held = b""
        async for chunk in chunks:
            digest.update(chunk)
            if held:
                yield held
            held = chunk
        if digest.hexdigest() != whole.sha256:
            # The transfer breaks off, so nobody takes damaged bytes for the original.
            await report_damage(resources.database, resources.events, whole.owner_id, whole.id)
            raise ProcessingFailed(ErrorCode.INTEGRITY_FAILED)
        yield held


def _headers(document: Document, etag: str, as_file: bool) -> dict[str, str]:
    kind = document.media_type
    inline = kind in INLINE_TYPES and not as_file
    content_type = kind if kind in INLINE_TYPES or kind == PDF else "application/octet-stream"
    return {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "Content-Type": f"{TEXT}; charset=utf-8" if content_type == TEXT else content_type,
        "Content-Disposition": content_disposition(document.original_name, inline=inline),
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }


def _has_it(if_none_match: str | None, etag: str) -> bool:
    if if_none_match is None:
        return False
    known = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in known or "*" in known
