"""The S3 driver before servers that refuse, lie, cut off, hang or talk nonsense."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from docuvault.domain.errors import (
    DependencyUnavailable,
    DocuVaultError,
    ErrorCode,
    InsufficientStorage,
    NotFound,
)
from docuvault.object_storage.minio import MinIOBackend
from docuvault.object_storage.part_digest import PART_BYTES

KEY = "owner/document/object.pdf"
SECRET = "a-secret-that-nobody-may-see"


class FaultyServer(ThreadingHTTPServer):
    """Answers every request with `answer`; notes what was asked."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer: Callable[[Handler], None] = lambda handler: handler.reply(500)
        self.asked: list[str] = []
        self.released = threading.Event()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FaultyServer

    def reply(
        self, status: int, body: bytes = b"", *, claim: int | None = None, **headers: str
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body) if claim is None else claim))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        if claim is not None:
            self.close_connection = True

    def error(self, status: int, code: str) -> None:
        body = f"<Error><Code>{code}</Code><Message>m</Message></Error>".encode()
        self.reply(status, body, Content_Type="application/xml")

    def handle_any(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append(f"{self.command} {self.path}")
        self.server.answer(self)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_any

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    with FaultyServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.released.set()
        server.shutdown()
        thread.join()


@pytest.fixture
async def storage(server: FaultyServer) -> AsyncIterator[MinIOBackend]:
    storage = MinIOBackend(
        f"127.0.0.1:{server.server_port}",
        "the-key-id",
        SECRET,
        "vault",
        connect_timeout=0.3,
        read_timeout=0.3,
        concurrency=2,
    )
    yield storage
    server.released.set()
    await storage.close()


async def chunks_of(data: bytes, size: int = 64 * 1024) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def put(storage: MinIOBackend, size: int = 10) -> int:
    return await storage.put_stream(KEY, chunks_of(b"x" * size), "x/y")


async def listed(storage: MinIOBackend) -> list[str]:
    return [item.key async for item in storage.list_objects()]


async def assert_every_call_is_an_outage(storage: MinIOBackend) -> None:
    assert not await storage.health_check()
    for call in (
        lambda: put(storage),
        lambda: put(storage, PART_BYTES + 1),
        lambda: storage.get_object(KEY),
        lambda: storage.stat(KEY),
        lambda: storage.delete_object(KEY),
        lambda: listed(storage),
        storage.verify,
        storage.make_bucket,
    ):
        with pytest.raises(DocuVaultError) as caught:
            await call()
        assert type(caught.value) is DependencyUnavailable
        assert caught.value.code is ErrorCode.STORAGE_UNAVAILABLE
        assert SECRET not in str(caught.value)
        assert "127.0.0.1" not in str(caught.value)


@pytest.mark.parametrize(
    "answer",
    [
        lambda handler: handler.error(403, "AccessDenied"),
        lambda handler: handler.error(400, "SomethingElse"),
        lambda handler: handler.error(503, "SlowDown"),
        lambda handler: handler.reply(500),
        lambda handler: handler.reply(404, b"<html>a proxy</html>", Content_Type="text/html"),
        lambda handler: handler.reply(403, b"\xff\xfe", Content_Type="text/plain"),
        lambda handler: handler.reply(418, b"<Error>", Content_Type="application/xml"),
        lambda handler: handler.connection.close(),
        lambda handler: handler.wfile.write(b"nonsense\r\n\r\n"),
    ],
    ids=["403", "400", "503", "500", "proxy", "binary", "cut-xml", "hang-up", "nonsense"],
)
async def test_whatever_it_answers_it_is_an_outage(
    server: FaultyServer, storage: MinIOBackend, answer: Callable[[Handler], None]
) -> None:
    def answered(handler: Handler) -> None:
        answer(handler)
        handler.close_connection = True

    server.answer = answered
    await assert_every_call_is_an_outage(storage)


async def test_a_refused_user_is_told_apart(server: FaultyServer, storage: MinIOBackend) -> None:
    for code in ("AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch"):
        server.answer = lambda handler, code=code: handler.error(403, code)  # type: ignore[misc]
        with pytest.raises(DependencyUnavailable, match="refuses the credentials"):
            await storage.verify()
        with pytest.raises(DependencyUnavailable, match="refuses the credentials"):
            await storage.get_object(KEY)


async def test_a_missing_mark_is_told_also_by_errors_that_cannot_be_read(
    server: FaultyServer, storage: MinIOBackend
) -> None:
    def answer(handler: Handler) -> None:
        if handler.command == "HEAD":
            is_bucket = handler.path.rstrip("/") == "/vault"
            handler.reply(200 if is_bucket else 404)
        else:
            body = b"<Error><Code>NoSuchKey</Code></Error>"
            handler.reply(404, body, Content_Type="text/xml")

    server.answer = answer
    assert await storage.read_marker() is None

    server.answer = lambda handler: handler.reply(404, b"<html>", Content_Type="text/html")
    with pytest.raises(DependencyUnavailable):
        await storage.read_marker()


@pytest.mark.parametrize("code", ["XMinioStorageFull", "QuotaExceeded"])
async def test_a_full_server_has_its_own_error(
    server: FaultyServer, storage: MinIOBackend, code: str
) -> None:
    server.answer = lambda handler: handler.error(507, code)
    with pytest.raises(InsufficientStorage) as caught:
        await put(storage)
    assert caught.value.code is ErrorCode.INSUFFICIENT_STORAGE


async def test_a_missing_key_is_a_miss_only_while_the_bucket_is_there(
    server: FaultyServer, storage: MinIOBackend
) -> None:
    def bucket_only(handler: Handler) -> None:
        handler.reply(200 if handler.path.count("/") == 1 else 404)

    server.answer = bucket_only
    with pytest.raises(NotFound):
        await storage.stat(KEY)
    server.answer = lambda handler: handler.reply(404)
    with pytest.raises(DependencyUnavailable):
        await storage.stat(KEY)


@pytest.mark.parametrize("stored", [b"x" * 9, b"x" * 11, b"xxxxyxxxxx", b"", None])
async def test_a_put_that_was_not_kept_as_sent_never_succeeds(
    server: FaultyServer, storage: MinIOBackend, stored: bytes | None
) -> None:
    def answer(handler: Handler) -> None:
        if handler.command == "GET" and handler.path.endswith(".pdf"):
            if stored is None:
                handler.error(404, "NoSuchKey")
            else:
                handler.reply(200, stored)
        else:
            handler.reply(200)

    server.answer = answer
    with pytest.raises(DependencyUnavailable):
        await put(storage, 10)
    assert server.asked[0] == f"PUT /vault/{KEY}"
    assert server.asked[-1] == f"DELETE /vault/{KEY}"


async def test_a_lost_answer_to_a_put_is_cleaned_up(
    server: FaultyServer, storage: MinIOBackend
) -> None:
    def answer(handler: Handler) -> None:
        if handler.command == "PUT":
            handler.close_connection = True
        else:
            handler.reply(204)

    server.answer = answer
    with pytest.raises(DependencyUnavailable):
        await put(storage)
    assert [asked.split()[0] for asked in server.asked] == ["PUT", "PUT", "DELETE"]


async def test_parts_are_aborted_when_one_is_refused(
    server: FaultyServer, storage: MinIOBackend
) -> None:
    def answer(handler: Handler) -> None:
        if handler.command == "POST":
            handler.reply(
                200,
                b"<InitiateMultipartUploadResult><UploadId>u1</UploadId>"
                b"</InitiateMultipartUploadResult>",
                Content_Type="application/xml",
            )
        elif "partNumber=2" in handler.path:
            handler.error(400, "EntityTooSmall")
        else:
            handler.reply(204 if handler.command == "DELETE" else 200, ETag='"e"')

    server.answer = answer
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b"x" * 1024 * 1024

    with pytest.raises(DependencyUnavailable):
        await storage.put_stream(KEY, endless(), "x/y")
    assert server.asked[-1] == f"DELETE /vault/{KEY}?uploadId=u1"
    assert sent < 30


async def test_a_cut_download_is_an_outage_and_not_a_shorter_file(
    server: FaultyServer, storage: MinIOBackend
) -> None:
    server.answer = lambda handler: handler.reply(200, b"x" * 50, claim=100)
    with pytest.raises(DependencyUnavailable):
        await storage.get_object(KEY)


async def test_a_download_of_unknown_length_is_an_outage(
    server: FaultyServer, storage: MinIOBackend
) -> None:
    def answer(handler: Handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(b"half of it")
        handler.close_connection = True

    server.answer = answer
    with pytest.raises(DependencyUnavailable):
        await storage.get_object(KEY)


async def test_redirects_are_not_followed(server: FaultyServer, storage: MinIOBackend) -> None:
    location = f"http://127.0.0.1:{server.server_port}/elsewhere"
    server.answer = lambda handler: handler.reply(307, Location=location)
    with pytest.raises(DependencyUnavailable):
        await storage.get_object(KEY)
    assert server.asked == [f"GET /vault/{KEY}"]


async def test_a_passing_fault_is_tried_again(server: FaultyServer, storage: MinIOBackend) -> None:
    def answer(handler: Handler) -> None:
        if len(server.asked) < 3:
            handler.reply(503, Retry_After="3600")
        else:
            handler.reply(200, b"data")

    server.answer = answer
    began = time.monotonic()
    assert await storage.get_object(KEY) == b"data"
    assert time.monotonic() - began < 5


async def test_a_server_that_hangs_costs_its_timeouts_and_no_more(
    server: FaultyServer, storage: MinIOBackend
) -> None:
    server.answer = lambda handler: server.released.wait(30)  # type: ignore[assignment]
    began = time.monotonic()
    assert not await storage.health_check()
    assert time.monotonic() - began < 0.8
    with pytest.raises(DependencyUnavailable):
        await storage.get_object(KEY)
    assert time.monotonic() - began < 5


async def test_uploads_that_dawdle_do_not_hold_up_anything_else(
    server: FaultyServer, storage: MinIOBackend
) -> None:
    def answer(handler: Handler) -> None:
        if handler.command == "POST":
            handler.reply(
                200,
                b"<InitiateMultipartUploadResult><UploadId>u1</UploadId>"
                b"</InitiateMultipartUploadResult>",
                Content_Type="application/xml",
            )
        else:
            handler.reply(200, b"data" if handler.command == "GET" else b"", ETag='"e"')

    server.answer = answer
    waiting = asyncio.Semaphore(0)

    async def dawdling() -> AsyncIterator[bytes]:
        yield b"x" * (PART_BYTES + 1)
        waiting.release()
        await asyncio.Event().wait()

    uploads = [
        asyncio.create_task(storage.put_stream(f"o/d/{number}", dawdling(), "x/y"))
        for number in range(5)
    ]
    for _ in uploads:
        await waiting.acquire()
    assert await storage.health_check()
    assert await storage.get_object(KEY) == b"data"
    for upload in uploads:
        upload.cancel()
    results = await asyncio.gather(*uploads, return_exceptions=True)
    assert all(isinstance(result, asyncio.CancelledError) for result in results)
    assert await storage.health_check()
