"""Reading an upload straight from the request, so that no byte waits in a temporary file."""

import asyncio
from collections.abc import AsyncIterator

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from docuvault.config.settings import MIB, UploadSettings
from docuvault.domain.errors import (
    ErrorCode,
    FieldError,
    InvalidInput,
    PayloadTooLarge,
    UnsupportedContent,
)

FILE_FIELD = "file"
CLASSIFY_FIELD = "auto_classify"
# A value of a form field; ours are single words.
_FIELD_BYTES = 1024
_TRUE = frozenset({"true", "1", "yes", "on"})
_FALSE = frozenset({"false", "0", "no", "off"})


class UploadForm:
    """One file and its fields, which may stand before or after it.

    Use `await form.begin()` to reach the file, then `form.chunks()` once; the fields are complete
    when the chunks are at their end.
    """

    def __init__(self, request: Request, settings: UploadSettings) -> None:
        self._settings = settings
        self._body = request.stream().__aiter__()
        self._parser = self._parser_for(request)
        self._fields: dict[str, bytes] = {}
        self._ready: list[bytes] = []
        self._header_name = b""
        self._headers: dict[bytes, bytes] = {}
        self._part: str | None = None
        self._in_file = False
        self._file_ended = False
        self._finished = False
        self._parts = 0
        self._received = 0
        self.filename: str | None = None

    async def begin(self) -> str:
        """Read up to the file and return the name it was given."""
        while self.filename is None and await self._feed():
            pass
        if self.filename is None:
            raise _file_required("A file is required.")
        return self.filename

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes of the file; the whole form has been read, and was sound, at their end."""
        while True:
            ready, self._ready = self._ready, []
            for chunk in ready:
                yield chunk
            if not await self._feed():
                break
        for chunk in self._ready:
            yield chunk

    def auto_classify(self) -> bool:
        """What the form said; True when it said nothing."""
        text = self._fields.get(CLASSIFY_FIELD, b"true").decode("utf-8", "replace").strip().lower()
        if text in _TRUE:
            return True
        if text in _FALSE:
            return False
        raise InvalidInput(
            ErrorCode.VALIDATION_FAILED,
            errors=[FieldError(f"body.{CLASSIFY_FIELD}", "Must be true or false.")],
        )

    async def _feed(self) -> bool:
        """Parse the next bytes of the body; False at its end."""
        try:
            async with asyncio.timeout(self._settings.idle_seconds):
                data = await anext(self._body, b"")
        except TimeoutError:
            raise InvalidInput(ErrorCode.UPLOAD_TIMEOUT) from None
        except ClientDisconnect:
            raise InvalidInput(ErrorCode.UPLOAD_INTERRUPTED) from None
        if not data:
            if not self._finished:
                raise InvalidInput(ErrorCode.MALFORMED_MULTIPART)
            return False
        self._received += len(data)
        if self._received > self._settings.max_bytes + MIB:
            raise PayloadTooLarge(ErrorCode.FILE_TOO_LARGE)
        try:
            self._parser.write(data)
        except FormParserError:
            raise InvalidInput(ErrorCode.MALFORMED_MULTIPART) from None
        return True

    def _parser_for(self, request: Request) -> MultipartParser:
        if request.headers.get("content-encoding", "identity").lower() != "identity":
            raise UnsupportedContent(ErrorCode.UNSUPPORTED_ENCODING)
        kind, options = parse_options_header(request.headers.get("content-type"))
        if kind != b"multipart/form-data":
            raise UnsupportedContent(
                ErrorCode.UNSUPPORTED_MEDIA_TYPE, "Send the file as multipart/form-data."
            )
        boundary = options.get(b"boundary", b"")
        if not boundary:
            raise InvalidInput(ErrorCode.MALFORMED_MULTIPART)
        try:
            return MultipartParser(
                boundary,
                {
                    "on_part_begin": self._on_part_begin,
                    "on_part_data": self._on_part_data,
                    "on_part_end": self._on_part_end,
                    "on_header_field": self._on_header_field,
                    "on_header_value": self._on_header_value,
                    "on_header_end": self._on_header_end,
                    "on_headers_finished": self._on_headers_finished,
                    "on_end": self._on_end,
                },
            )
        except FormParserError:
            raise InvalidInput(ErrorCode.MALFORMED_MULTIPART) from None

    def _on_part_begin(self) -> None:
        self._parts += 1
        if self._parts > self._settings.max_parts:
            raise InvalidInput(ErrorCode.TOO_MANY_PARTS)
        self._headers = {}

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        name = self._header_name.lower()
        self._headers[name] = self._headers.get(name, b"") + data[start:end]

    def _on_header_end(self) -> None:
        self._header_name = b""

    def _on_headers_finished(self) -> None:
        disposition = self._headers.get(b"content-disposition", b"").decode("latin-1")
        _, options = parse_options_header(disposition)
        name = _text(options.get(b"name", b""))
        self._in_file = name == FILE_FIELD
        if self._in_file:
            if self.filename is not None:
                raise InvalidInput(ErrorCode.TOO_MANY_PARTS, "Send one file per request.")
            # RFC 7578 forbids the extended form, and the parser of the header passes over it.
            if b"filename" not in options:
                raise _file_required("The part has no plain `filename`; `filename*` is not read.")
            self.filename = _filename(options[b"filename"])
            self._part = None
        else:
            self._part = name
            self._fields.setdefault(name, b"")

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self._ready.append(data[start:end])
        elif self._part is not None:
            value = self._fields[self._part] + data[start:end]
            if len(value) > _FIELD_BYTES:
                raise InvalidInput(
                    ErrorCode.VALIDATION_FAILED,
                    errors=[FieldError(f"body.{self._part}", "This value is too long.")],
                )
            self._fields[self._part] = value

    def _on_part_end(self) -> None:
        self._in_file = False
        self._part = None

    def _on_end(self) -> None:
        self._finished = True


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _filename(raw: bytes) -> str:
    """The name, in which browsers escape the quote and line ends with percent signs."""
    return _text(raw).replace("%22", '"').replace("%0D", "").replace("%0A", "")


def _file_required(what: str) -> InvalidInput:
    return InvalidInput(ErrorCode.FILE_REQUIRED, errors=[FieldError(f"body.{FILE_FIELD}", what)])
