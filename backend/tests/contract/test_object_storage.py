"""What every object storage does, the filesystem and an S3 server over HTTP alike."""

import asyncio
import re
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr

from docuvault.config.settings import StorageSettings
from docuvault.domain.errors import (
    DependencyUnavailable,
    DocuVaultError,
    ErrorCode,
    InvalidInput,
    NotFound,
)
from docuvault.object_storage.base import ObjectStat, StorageBackend, new_object_key
from docuvault.object_storage.filesystem import FilesystemBackend
from docuvault.object_storage.marker import MARKER_KEY
from docuvault.object_storage.minio import (
    MinIOBackend,
    create_minio_backend,
    ensure_bucket,
)
from docuvault.object_storage.part_digest import PART_BYTES
from tests.servers.s3 import S3Server, s3_server

KEY = "owner/document/object.pdf"
MIB = 1024 * 1024


class Interrupted(Exception):
    pass


def random_bytes(size: int) -> bytes:
    return Random(size).randbytes(size)


async def chunks_of(data: bytes, size: int = 64 * 1024) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def read(
    storage: StorageBackend, key: str, start: int = 0, length: int | None = None
) -> bytes:
    async with storage.open_stream(key, start, length) as chunks:
        return b"".join([chunk async for chunk in chunks])


async def keys(storage: StorageBackend, prefix: str = "") -> list[str]:
    return [item.key async for item in storage.list_objects(prefix)]


def s3_backend(server: S3Server, bucket: str, **options: str) -> MinIOBackend:
    return MinIOBackend(
        server.endpoint,
        server.access_key,
        server.secret_key,
        bucket,
        connect_timeout=2,
        read_timeout=10,
        public_endpoint=options.get("public_endpoint"),
    )


@dataclass
class Subject:
    """A driver under test, and what the tests can only ask behind its back."""

    storage: StorageBackend
    unfinished: Callable[[], Awaitable[int]]


DRIVERS = ["filesystem", pytest.param("s3", marks=pytest.mark.services)]


@pytest.fixture(params=DRIVERS)
async def subject(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Subject]:
    if request.param == "filesystem":
        root = tmp_path / "objects"

        async def temporary_files() -> int:
            return sum(1 for path in (root / ".incoming").rglob("*") if path.is_file())

        subject = Subject(FilesystemBackend(root, reserve_bytes=0), temporary_files)
    else:
        server: S3Server = request.getfixturevalue("s3")
        bucket = f"test-{uuid4()}"
        server.create_bucket(bucket)

        async def multipart_uploads() -> int:
            return (await asyncio.to_thread(fetch, f"{server.url}/{bucket}?uploads")).count(
                b"<UploadId>"
            )

        subject = Subject(s3_backend(server, bucket), multipart_uploads)
    yield subject
    await subject.storage.close()


@pytest.fixture
def storage(subject: Subject) -> StorageBackend:
    return subject.storage


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as response:
        return bytes(response.read())


async def test_bytes_come_back_as_they_went_in(storage: StorageBackend) -> None:
    data = random_bytes(3 * MIB + 7)
    assert await storage.put_stream(KEY, chunks_of(data), "application/pdf") == len(data)
    assert await storage.get_object(KEY) == data


async def test_put_object_makes_its_own_key(storage: StorageBackend) -> None:
    owner, document = uuid4(), uuid4()
    key = await storage.put_object(owner, document, b"hello", ".TXT", "text/plain")
    assert re.fullmatch(rf"{owner}/{document}/[0-9a-f-]{{36}}\.txt", key)
    assert await storage.get_object(key) == b"hello"


@pytest.mark.parametrize("chunks", [[], [b""], [b"", b""]])
async def test_an_object_may_be_empty(storage: StorageBackend, chunks: list[bytes]) -> None:
    async def source() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    assert await storage.put_stream(KEY, source(), "text/plain") == 0
    assert await storage.get_object(KEY) == b""
    assert await read(storage, KEY, 0, 10) == b""
    assert (await storage.stat(KEY)).size == 0


@pytest.mark.parametrize(
    "size",
    [
        1,
        MIB,
        PART_BYTES - 1,
        PART_BYTES,
        PART_BYTES + 1,
        2 * PART_BYTES - 1,
        2 * PART_BYTES,
        2 * PART_BYTES + 1,
    ],
)
async def test_sizes_around_the_borders_of_parts(storage: StorageBackend, size: int) -> None:
    data = random_bytes(size)
    assert await storage.put_stream(KEY, chunks_of(data, 300_001), "x/y") == size
    assert (await storage.stat(KEY)).size == size
    assert await storage.get_object(KEY) == data


@pytest.mark.parametrize("size", [1, 7 * MIB])
async def test_chunks_may_be_as_small_or_large_as_they_like(
    storage: StorageBackend, size: int
) -> None:
    data = random_bytes(6 * MIB if size > 1 else 20_000)
    await storage.put_stream(KEY, chunks_of(data, size), "x/y")
    assert await storage.get_object(KEY) == data


async def test_the_last_put_wins(storage: StorageBackend) -> None:
    await storage.put_stream(KEY, chunks_of(b"first and longer"), "x/y")
    await storage.put_stream(KEY, chunks_of(b"second"), "x/y")
    assert await storage.get_object(KEY) == b"second"
    assert await keys(storage) == [KEY]


@pytest.mark.parametrize(
    ("start", "length"),
    [
        (0, None),
        (0, 1),
        (0, 10),
        (0, 11),
        (1, None),
        (1, 8),
        (9, 1),
        (9, 5),
        (9, None),
        (10, None),
        (10, 1),
        (11, None),
        (500, 3),
        (0, 0),
        (4, 0),
    ],
)
async def test_ranges(storage: StorageBackend, start: int, length: int | None) -> None:
    data = b"0123456789"
    await storage.put_stream(KEY, chunks_of(data), "x/y")
    expected = data[start:] if length is None else data[start : start + length]
    assert await read(storage, KEY, start, length) == expected


async def test_ranges_over_several_chunks(storage: StorageBackend) -> None:
    data = random_bytes(3 * MIB)
    await storage.put_stream(KEY, chunks_of(data), "x/y")
    assert await read(storage, KEY, MIB - 1, MIB + 2) == data[MIB - 1 : 2 * MIB + 1]
    assert await read(storage, KEY, 2 * MIB + 5) == data[2 * MIB + 5 :]


@pytest.mark.parametrize(("start", "length"), [(-1, None), (0, -1)])
async def test_negative_ranges_are_refused(
    storage: StorageBackend, start: int, length: int | None
) -> None:
    await storage.put_stream(KEY, chunks_of(b"data"), "x/y")
    with pytest.raises(InvalidInput) as caught:
        await read(storage, KEY, start, length)
    assert caught.value.code is ErrorCode.RANGE_NOT_SATISFIABLE


async def test_a_stream_may_be_left_early(storage: StorageBackend) -> None:
    data = random_bytes(8 * MIB)
    await storage.put_stream(KEY, chunks_of(data), "x/y")
    for _ in range(40):
        async with storage.open_stream(KEY) as chunks:
            assert data.startswith(await anext(chunks))
    assert await storage.get_object(KEY) == data


async def test_what_is_missing_is_not_found_when_the_stream_is_opened(
    storage: StorageBackend,
) -> None:
    for key in (KEY, "missing.txt"):
        for length in (None, 0):
            with pytest.raises(NotFound) as caught:
                await storage.open_stream(key, 0, length).__aenter__()
            assert caught.value.code is ErrorCode.STORAGE_OBJECT_MISSING
        with pytest.raises(NotFound):
            await storage.stat(key)


@pytest.mark.parametrize("size", [0, 100_000, PART_BYTES + 1, 3 * PART_BYTES])
async def test_a_broken_source_leaves_nothing(subject: Subject, size: int) -> None:
    async def source() -> AsyncIterator[bytes]:
        async for chunk in chunks_of(random_bytes(size)):
            yield chunk
        raise Interrupted

    with pytest.raises(Interrupted):
        await subject.storage.put_stream(KEY, source(), "x/y")
    await assert_nothing_is_left(subject)


async def test_errors_of_the_source_pass_through_as_they_are(storage: StorageBackend) -> None:
    async def source() -> AsyncIterator[bytes]:
        yield b"x"
        raise OSError(28, "the source's own disk is full")

    with pytest.raises(OSError, match="the source's own"):
        await storage.put_stream(KEY, source(), "x/y")


async def test_a_broken_source_leaves_the_older_object(subject: Subject) -> None:
    async def source() -> AsyncIterator[bytes]:
        async for chunk in chunks_of(random_bytes(2 * PART_BYTES)):
            yield chunk
        raise Interrupted

    await subject.storage.put_stream(KEY, chunks_of(b"older"), "x/y")
    with pytest.raises(Interrupted):
        await subject.storage.put_stream(KEY, source(), "x/y")
    assert await subject.storage.get_object(KEY) == b"older"


@pytest.mark.parametrize("size", [0, 100_000, 2 * PART_BYTES])
async def test_a_put_that_is_cancelled_while_it_waits_leaves_nothing(
    subject: Subject, size: int
) -> None:
    waiting = asyncio.Event()

    async def source() -> AsyncIterator[bytes]:
        async for chunk in chunks_of(random_bytes(size)):
            yield chunk
        waiting.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(subject.storage.put_stream(KEY, source(), "x/y"))
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await assert_nothing_is_left(subject)


@pytest.mark.parametrize("size", [100_000, 2 * PART_BYTES])
async def test_a_put_that_is_cancelled_at_any_moment_leaves_nothing(
    subject: Subject, size: int
) -> None:
    """Cancelled after more and more turns of the loop, also while the object is being placed."""
    data = random_bytes(size)
    cancelled = 0
    for turn in range(60):
        task = asyncio.create_task(subject.storage.put_stream(KEY, chunks_of(data, MIB), "x/y"))
        for _ in range(turn // 2):
            await asyncio.sleep(0)
        if turn % 2:
            await asyncio.sleep(turn / 4000)
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            cancelled += 1
            await assert_nothing_is_left(subject)
        else:
            assert await subject.storage.get_object(KEY) == data
            await subject.storage.delete_object(KEY)
    assert cancelled > 10


async def assert_nothing_is_left(subject: Subject) -> None:
    with pytest.raises(NotFound):
        await subject.storage.stat(KEY)
    assert await keys(subject.storage) == []
    assert await subject.unfinished() == 0


@pytest.mark.parametrize("content_type", ["", "text/plain; name=Größe", "a\r\nX-Evil: 1", "\x00"])
async def test_any_content_type_will_do(storage: StorageBackend, content_type: str) -> None:
    await storage.put_stream(KEY, chunks_of(b"data"), content_type)
    assert await storage.get_object(KEY) == b"data"


async def test_stat_knows_size_and_time(storage: StorageBackend) -> None:
    await storage.put_stream(KEY, chunks_of(b"12345"), "x/y")
    found = await storage.stat(KEY)
    assert (found.key, found.size) == (KEY, 5)
    assert found.modified_at.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - found.modified_at) < timedelta(seconds=30)


async def test_delete_is_idempotent(storage: StorageBackend) -> None:
    await storage.put_stream(KEY, chunks_of(b"data"), "x/y")
    await storage.put_stream("owner/document/other", chunks_of(b"stays"), "x/y")
    for _ in range(3):
        await storage.delete_object(KEY)
        with pytest.raises(NotFound):
            await storage.stat(KEY)
    assert await storage.get_object("owner/document/other") == b"stays"
    await storage.delete_object("never/was/there")


async def test_the_list_is_complete_and_in_the_order_of_keys(storage: StorageBackend) -> None:
    names = [f"owner/{number:04d}/file" for number in range(1100)]
    # A dash sorts before the slash and a letter after it.
    names += ["owner-2/x/y", "owner2/x/y", "owner/0003-a", "ownerÜ/x", "z", "A"]
    gate = asyncio.Semaphore(8)

    async def put(name: str) -> None:
        async with gate:
            await storage.put_stream(name, chunks_of(b"1"), "x/y")

    await asyncio.gather(*map(put, names))
    listed = [item async for item in storage.list_objects()]
    assert [item.key for item in listed] == sorted(names)
    assert all(item.size == 1 and item.modified_at.tzinfo for item in listed)
    assert len({type(item) for item in listed} | {ObjectStat}) == 1
    assert await keys(storage, "owner/") == [n for n in sorted(names) if n.startswith("owner/")]
    assert await keys(storage, "owner/0003") == ["owner/0003-a", "owner/0003/file"]
    assert await keys(storage, "owner/0003/fi") == ["owner/0003/file"]
    assert await keys(storage, "owner/0003/file") == ["owner/0003/file"]
    assert await keys(storage, "owner/0003/file/") == []
    assert await keys(storage, "nobody") == []
    assert await keys(storage, "../") == []


async def test_a_list_may_be_left_early_and_objects_deleted_meanwhile(
    storage: StorageBackend,
) -> None:
    for number in range(5):
        await storage.put_stream(f"o/{number}/x", chunks_of(b"1"), "x/y")
    async for item in storage.list_objects():
        await storage.delete_object(item.key)
    assert await keys(storage) == []


async def test_concurrent_puts_do_not_mix(storage: StorageBackend) -> None:
    data = {f"o/{n}/x": random_bytes(1 + n * 700_000) for n in range(12)}

    async def put(key: str) -> None:
        assert await storage.put_stream(key, chunks_of(data[key]), "x/y") == len(data[key])

    await asyncio.gather(*map(put, data))
    for key, expected in data.items():
        assert await storage.get_object(key) == expected


async def test_puts_and_deletes_of_neighbours_do_not_disturb_each_other(
    storage: StorageBackend,
) -> None:
    """Folders come and go below the same parents all the time."""

    async def cycle(name: str) -> None:
        for number in range(40):
            key = f"owner/document{number % 3}/{name}"
            await storage.put_stream(key, chunks_of(name.encode()), "x/y")
            assert await storage.get_object(key) == name.encode()
            await storage.delete_object(key)

    await asyncio.gather(*(cycle(f"n{number}") for number in range(6)))
    assert await keys(storage) == []


BAD_KEYS = [
    "",
    "/",
    "/absolute",
    "a//b",
    "a/",
    "../a",
    "a/../b",
    "a/..",
    "./a",
    "a/./b",
    ".hidden",
    ".incoming/x",
    "a/.incoming/x",
    "a\\b",
    "..\\a",
    "a\x00b",
    "a\nb",
    "a\x7fb",
    "a\x85b",
    "a\ud800b",
    "x" * 256,
    "/".join(["x" * 200] * 6),
]


@pytest.mark.parametrize("key", BAD_KEYS, ids=[ascii(key)[:24] for key in BAD_KEYS])
async def test_keys_that_are_not_well_formed_are_refused(subject: Subject, key: str) -> None:
    storage = subject.storage
    calls: list[Callable[[], Awaitable[object]]] = [
        lambda: storage.put_stream(key, chunks_of(b"x"), "x/y"),
        lambda: read(storage, key),
        lambda: storage.stat(key),
        lambda: storage.delete_object(key),
        lambda: storage.presigned_get_url(key),
    ]
    for call in calls:
        with pytest.raises(InvalidInput) as caught:
            await call()
        assert caught.value.code is ErrorCode.MALFORMED_REQUEST
    assert await keys(storage) == []


async def test_unusual_keys_work(storage: StorageBackend) -> None:
    names = ["a b/ü+%20/#?&=.pdf", "x" * 255, "日本/語", "a~!@$*()'/;:,"]
    for name in names:
        await storage.put_stream(name, chunks_of(name.encode()), "x/y")
    assert await keys(storage) == sorted(names)
    for name in names:
        assert await storage.get_object(name) == name.encode()


UUID_ = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


@pytest.mark.parametrize(
    ("extension", "tail"),
    [
        (".pdf", r"\.pdf"),
        ("", ""),
        (".", ""),
        (".PDF", r"\.pdf"),
        (".tar.gz", r"\.targz"),
        ("../../etc/passwd", r"\.etcpasswd"),
        (".p\x00d\nf", r"\.pdf"),
        (".ﬁ/ü\\", ""),
        (".³²", ""),
        ("." + "a" * 500, r"\.a{16}"),
    ],
)
async def test_new_keys_are_unguessable_and_harmless(
    storage: StorageBackend, extension: str, tail: str
) -> None:
    owner, document = UUID(int=1), UUID(int=2)
    key = new_object_key(owner, document, extension)
    assert re.fullmatch(rf"{owner}/{document}/{UUID_}{tail}", key)
    assert key != new_object_key(owner, document, extension)
    await storage.put_stream(key, chunks_of(b"x"), "x/y")
    assert await storage.get_object(key) == b"x"


async def test_it_is_healthy_and_verified(storage: StorageBackend) -> None:
    assert isinstance(storage, FilesystemBackend | MinIOBackend)
    await storage.verify()
    assert await storage.health_check()


async def test_after_close_every_call_is_an_outage(storage: StorageBackend) -> None:
    await storage.put_stream(KEY, chunks_of(b"x"), "x/y")
    await storage.close()
    await storage.close()
    assert not await storage.health_check()
    with pytest.raises(DependencyUnavailable):
        await storage.stat(KEY)


@pytest.mark.services
async def test_a_stopped_server_is_an_outage_and_never_a_miss() -> None:
    with s3_server() as server:
        storage = s3_backend(server, server.bucket)
        await storage.put_stream(KEY, chunks_of(b"data"), "x/y")
        assert await storage.health_check()
        server.kill()
        assert not await storage.health_check()
        await assert_outage(storage)
        server.start()
        assert await storage.health_check()
        with pytest.raises(NotFound):
            await storage.stat(KEY)
        await storage.close()


@pytest.mark.services
async def test_a_missing_bucket_is_an_outage_and_never_a_miss(s3: S3Server) -> None:
    storage = s3_backend(s3, "not-there")
    assert not await storage.health_check()
    with pytest.raises(DependencyUnavailable, match=r"bucket .* does not exist"):
        await storage.verify()
    await assert_outage(storage)
    await storage.close()


async def test_a_removed_root_is_an_outage_and_never_a_miss(tmp_path: Path) -> None:
    root = tmp_path / "objects"
    storage = FilesystemBackend(root, reserve_bytes=0)
    await storage.put_stream(KEY, chunks_of(b"data"), "x/y")
    root.rename(tmp_path / "gone")
    assert not await storage.health_check()
    await assert_outage(storage)
    assert not root.exists()
    (tmp_path / "gone").rename(root)
    assert await storage.health_check()
    assert await storage.get_object(KEY) == b"data"
    await storage.close()


async def assert_outage(storage: StorageBackend) -> None:
    large = random_bytes(PART_BYTES + 1)
    calls: list[Callable[[], Awaitable[object]]] = [
        lambda: storage.put_stream(KEY, chunks_of(b"x"), "x/y"),
        lambda: storage.put_stream(KEY, chunks_of(large), "x/y"),
        lambda: read(storage, KEY),
        lambda: storage.stat(KEY),
        lambda: storage.delete_object(KEY),
        lambda: keys(storage),
    ]
    for call in calls:
        with pytest.raises(DocuVaultError) as caught:
            await call()
        assert type(caught.value) is DependencyUnavailable
        assert caught.value.code is ErrorCode.STORAGE_UNAVAILABLE


@pytest.mark.services
async def test_the_set_up_job_makes_the_bucket_once(s3: S3Server) -> None:
    settings = StorageSettings(
        driver="minio",
        minio_endpoint=s3.endpoint,
        minio_access_key=s3.access_key,
        minio_secret_key=SecretStr(s3.secret_key),
        minio_bucket=f"test-{uuid4()}",
        minio_region="eu-central-1",
    )
    storage = create_minio_backend(settings)
    with pytest.raises(DependencyUnavailable):
        await storage.verify()
    assert await ensure_bucket(settings)
    await storage.verify()
    await storage.put_stream(KEY, chunks_of(b"data"), "x/y")
    assert not await ensure_bucket(settings)
    assert await storage.get_object(KEY) == b"data"
    await storage.close()


@pytest.mark.services
async def test_signed_links_work_over_http(s3: S3Server) -> None:
    s3.create_bucket("links")
    storage = s3_backend(s3, "links")
    key = "a b/ü.pdf"
    await storage.put_stream(key, chunks_of(b"for you"), "application/pdf")
    url = await storage.presigned_get_url(key, expires_minutes=5)
    assert "X-Amz-Expires=300" in url
    assert await asyncio.to_thread(fetch, url) == b"for you"
    for minutes in (0, -1, 7 * 24 * 60 + 1):
        with pytest.raises(InvalidInput):
            await storage.presigned_get_url(key, minutes)
    await storage.close()


async def test_signed_links_name_the_public_endpoint_and_ask_no_server() -> None:
    for public, start in [
        ("files.example.org:9443", "http://files.example.org:9443/vault/a/b.pdf?"),
        ("https://files.example.org", "https://files.example.org/vault/a/b.pdf?"),
    ]:
        storage = MinIOBackend(
            "127.0.0.1:9", "key", "secret", "vault", region="eu-west-1", public_endpoint=public
        )
        url = await storage.presigned_get_url("a/b.pdf")
        assert url.startswith(start)
        assert "%2Feu-west-1%2Fs3%2F" in url
        assert "secret" not in url
        await storage.close()


async def test_files_have_no_signed_links(tmp_path: Path) -> None:
    storage = FilesystemBackend(tmp_path, reserve_bytes=0)
    with pytest.raises(InvalidInput):
        await storage.presigned_get_url(KEY)
    await storage.close()


async def test_a_storage_bears_the_mark_that_it_was_given_last(storage: StorageBackend) -> None:
    assert await storage.read_marker() is None

    await storage.write_marker("one-vault")
    assert await storage.read_marker() == "one-vault"
    await storage.write_marker("another-vault")
    assert await storage.read_marker() == "another-vault"

    assert await keys(storage) == [MARKER_KEY]
    await storage.delete_object(MARKER_KEY)
    assert await storage.read_marker() is None


@pytest.mark.parametrize(
    ("content", "marker"),
    [(b" one-vault\r\n", "one-vault"), (b"x" * 5000, "x" * 200), (b"\xff\xfe", "\ufffd\ufffd")],
)
async def test_a_mark_that_people_wrote_is_read_too(
    storage: StorageBackend, content: bytes, marker: str
) -> None:
    await storage.put_stream(MARKER_KEY, chunks_of(content), "text/plain")

    assert await storage.read_marker() == marker


@pytest.mark.services
async def test_without_a_bucket_there_is_no_answer_about_marks(s3: S3Server) -> None:
    storage = s3_backend(s3, f"none-{uuid4()}")
    with pytest.raises(DependencyUnavailable, match="bucket"):
        await storage.read_marker()
    await storage.close()
