"""Every failure leaves as problem details with a stable code; here is the one mapping."""

from collections.abc import Mapping
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from docuvault.api.retried_reads import mark_interrupted
from docuvault.api.schemas.problems import Problem
from docuvault.db.session import Interrupted
from docuvault.domain.errors import (
    SENTENCES,
    Conflict,
    DependencyUnavailable,
    DocuVaultError,
    ErrorCode,
    FieldError,
    Forbidden,
    InsufficientStorage,
    InvalidInput,
    NotFound,
    PayloadTooLarge,
    UnsupportedContent,
)

log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
_RETRY_AFTER_SECONDS = "5"

_STATUS_BY_TYPE: Mapping[type[DocuVaultError], int] = {
    InvalidInput: 422,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    PayloadTooLarge: 413,
    UnsupportedContent: 415,
    DependencyUnavailable: 503,
    InsufficientStorage: 507,
}
_STATUS_BY_CODE: Mapping[ErrorCode, int] = {
    ErrorCode.MALFORMED_REQUEST: 400,
    ErrorCode.BAD_CURSOR: 400,
    ErrorCode.MALFORMED_MULTIPART: 400,
    ErrorCode.TOO_MANY_PARTS: 400,
    ErrorCode.UPLOAD_INTERRUPTED: 400,
    ErrorCode.UPLOAD_TIMEOUT: 408,
    ErrorCode.FOREIGN_HOST: 421,
    ErrorCode.RANGE_NOT_SATISFIABLE: 416,
    ErrorCode.STORAGE_OBJECT_MISSING: 410,
    ErrorCode.ADMIN_REQUIRED: 401,
    ErrorCode.WEBHOOK_REFUSED: 401,
    ErrorCode.TOO_MANY_REQUESTS: 429,
    ErrorCode.IDEMPOTENCY_CONFLICT: 422,
}
_CODE_BY_STATUS: Mapping[int, ErrorCode] = {
    400: ErrorCode.MALFORMED_REQUEST,
    404: ErrorCode.NOT_FOUND,
    405: ErrorCode.METHOD_NOT_ALLOWED,
    413: ErrorCode.BODY_TOO_LARGE,
    415: ErrorCode.UNSUPPORTED_MEDIA_TYPE,
    416: ErrorCode.RANGE_NOT_SATISFIABLE,
    422: ErrorCode.VALIDATION_FAILED,
    503: ErrorCode.SERVICE_UNAVAILABLE,
}


def install_error_handlers(app: FastAPI) -> None:
    """Let every foreseen exception leave as a problem; `middleware` sees to the others."""
    app.add_exception_handler(DocuVaultError, _on_domain_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_exception)


def problem(
    request: Request,
    status: int,
    code: ErrorCode,
    detail: str,
    errors: tuple[FieldError, ...] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """A problem response."""
    body = Problem(
        type="about:blank",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        code=code,
        errors=[asdict(error) for error in errors],
        request_id=getattr(request.state, "request_id", ""),
    )
    return JSONResponse(
        jsonable_encoder(body, exclude_none=True),
        status_code=status,
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


async def _on_domain_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DocuVaultError)  # noqa: S101 - what this handler is installed for
    if isinstance(error, Interrupted):
        mark_interrupted(request.scope)
    return domain_problem(request, error)


def domain_problem(request: Request, error: DocuVaultError) -> JSONResponse:
    """The problem response that an error of ours ends in."""
    status = _STATUS_BY_CODE.get(error.code) or next(
        (status for kind, status in _STATUS_BY_TYPE.items() if isinstance(error, kind)), 500
    )
    if status >= 500:
        log.warning("request.failed", code=error.code.value, status=status)
    waits = status in {503, 507} or error.code is ErrorCode.IN_PROGRESS
    headers = {"Retry-After": _RETRY_AFTER_SECONDS} if waits else None
    if error.code is ErrorCode.ADMIN_REQUIRED:
        headers = {"WWW-Authenticate": "Bearer"}
    return problem(request, status, error.code, error.detail, error.errors, headers)


async def _on_invalid_request(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
    faults = error.errors()
    if any(fault["type"] == "json_invalid" for fault in faults):
        return problem(
            request, 400, ErrorCode.MALFORMED_REQUEST, "The request body is not valid JSON."
        )
    errors = tuple(FieldError(_field(fault), str(fault["msg"])) for fault in faults)
    return problem(
        request,
        422,
        ErrorCode.VALIDATION_FAILED,
        SENTENCES[ErrorCode.VALIDATION_FAILED],
        errors,
    )


async def _on_http_exception(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    status = error.status_code
    code = _CODE_BY_STATUS.get(status, ErrorCode.MALFORMED_REQUEST)
    return problem(request, status, code, SENTENCES[code], headers=error.headers)


def _field(fault: Mapping[str, Any]) -> str:
    return ".".join(str(part) for part in fault["loc"])


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problem responses of a route, those that may befall any route included."""
    return {
        status: {
            "model": Problem,
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in (*statuses, 400, 405, 413, 415, 422, 500, 503, 507)
    }
