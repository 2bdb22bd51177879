"""Reading an upload: the same file and fields however the network cuts the body."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from docuvault.api.multipart import UploadForm
from docuvault.config.settings import MIB, UploadSettings
from docuvault.domain.errors import DocuVaultError, ErrorCode, InvalidInput

BOUNDARY = b"----formBoundary7MA4YWxk"
SETTINGS = UploadSettings(max_bytes=MIB, idle_seconds=5, max_parts=5)


@dataclass(frozen=True)
class Part:
    """One part of a form; a file when it has a file name."""

    name: str
    content: bytes
    filename: str | None = None

    def encoded(self) -> bytes:
        disposition = f'form-data; name="{self.name}"'
        if self.filename is not None:
            disposition += f'; filename="{as_browsers_do(self.filename)}"'
        head = f"Content-Disposition: {disposition}\r\n"
        if self.filename is not None:
            head += "Content-Type: application/octet-stream\r\n"
        return head.encode() + b"\r\n" + self.content


def as_browsers_do(name: str) -> str:
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def body_of(parts: Sequence[Part]) -> bytes:
    lines = b"".join(b"--" + BOUNDARY + b"\r\n" + part.encoded() + b"\r\n" for part in parts)
    return lines + b"--" + BOUNDARY + b"--\r\n"


def request(
    chunks: Sequence[bytes],
    headers: Mapping[str, str] | None = None,
    *,
    then: Callable[[], Awaitable[dict[str, Any]]] | None = None,
) -> Request:
    """A request whose body arrives in these chunks; `then` says what follows the last one."""
    messages = iter(chunks)

    async def receive() -> dict[str, Any]:
        chunk = next(messages, None)
        if chunk is not None:
            return {"type": "http.request", "body": chunk, "more_body": True}
        if then is not None:
            return await then()
        return {"type": "http.request", "body": b"", "more_body": False}

    given_headers = {
        "content-type": f"multipart/form-data; boundary={BOUNDARY.decode()}",
        **(headers or {}),
    }
    raw = [(name.encode(), value.encode("latin-1")) for name, value in given_headers.items()]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": raw}, receive)


async def read(
    asked: Request, settings: UploadSettings = SETTINGS
) -> tuple[str, bytes, bool | ErrorCode]:
    """Name, content and the wish for topics, as the route reads them."""
    form = UploadForm(asked, settings)
    name = await form.begin()
    content = b"".join([chunk async for chunk in form.chunks()])
    try:
        wish: bool | ErrorCode = form.auto_classify()
    except DocuVaultError as error:
        wish = error.code
    return name, content, wish


async def refused(asked: Request, settings: UploadSettings = SETTINGS) -> ErrorCode:
    with pytest.raises(DocuVaultError) as caught:
        await read(asked, settings)
    return caught.value.code


def cut(body: bytes, places: Sequence[int]) -> list[bytes]:
    """The body in pieces; an empty piece would mean its end."""
    edges = [0, *sorted({place % (len(body) + 1) for place in places}), len(body)]
    pieces = [body[a:b] for a, b in pairwise(edges)]
    return [piece for piece in pieces if piece]


# Bytes that look like the boundary are what a parser trips over.
TRICKY = st.sampled_from(
    [b"", b"\r\n", b"\r", b"\n", b"--", b"\r\n--", b"\r\n--" + BOUNDARY[:-1], BOUNDARY, b"\x00"]
)
CONTENT = (
    st.lists(st.one_of(TRICKY, st.binary(max_size=40)), max_size=8)
    .map(b"".join)
    .filter(lambda content: b"\r\n--" + BOUNDARY not in b"\r\n" + content)
)
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30).filter(
    lambda name: not set(name) & set('\\%"')
)


@settings(deadline=None)
@given(
    name=NAMES,
    content=CONTENT,
    wish=st.sampled_from([None, "true", "false", "0", "yes", "perhaps", "", "É"]),
    file_first=st.booleans(),
    places=st.lists(st.integers(0, 2000), max_size=40),
)
@example(name="a.txt", content=b"\r\n--" + BOUNDARY[:-1], wish="0", file_first=True, places=[])
@example(name="Å…ü日本.pdf", content=b"x", wish=None, file_first=True, places=list(range(400)))
async def test_the_network_s_cuts_change_nothing(
    name: str, content: bytes, wish: str | None, file_first: bool, places: list[int]
) -> None:
    file = Part("file", content, name)
    field = [] if wish is None else [Part("auto_classify", wish.encode())]
    body = body_of([file, *field] if file_first else [*field, file])

    found = await read(request(cut(body, places)))

    expected = {
        None: True,
        "true": True,
        "yes": True,
        "false": False,
        "0": False,
    }.get(wish, ErrorCode.VALIDATION_FAILED)
    assert found == (name, content, expected)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 61])
async def test_small_pieces_of_a_large_file(size: int) -> None:
    content = bytes(range(256)) * 40 + b"\r\n--" + BOUNDARY[:-2] + b"\r\n"
    body = body_of([Part("file", content, "a.bin"), Part("auto_classify", b"off")])
    pieces = [body[start : start + size] for start in range(0, len(body), size)]

    assert await read(request(pieces)) == ("a.bin", content, False)


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ('say "hi".txt', 'say "hi".txt'),
        ("two\r\nlines.txt", "twolines.txt"),
        ("C:\\Users\\me\\a.txt", "a.txt"),
        ("semi;colon=.txt", "semi;colon=.txt"),
        ("../../up.txt", "../../up.txt"),
        ("", ""),
    ],
)
async def test_names_as_browsers_send_them(sent: str, name: str) -> None:
    found, _, _ = await read(request([body_of([Part("file", b"x", sent)])]))

    assert found == name


async def test_other_fields_are_read_and_ignored() -> None:
    parts = [Part("csrf", b"1"), Part("file", b"x", "a.txt"), Part("note", b"y" * 1024)]

    assert await read(request([body_of(parts)])) == ("a.txt", b"x", True)


async def test_a_field_named_like_the_file_without_a_file_name_is_no_file() -> None:
    assert await refused(request([body_of([Part("file", b"x")])])) is ErrorCode.FILE_REQUIRED


@pytest.mark.parametrize("size", [1, 100_000])
async def test_a_file_with_only_the_forbidden_form_of_its_name_is_told_why(size: int) -> None:
    body = body_of([Part("file", b"x" * size, "a.txt")])
    body = body.replace(b'filename="a.txt"', b"filename*=utf-8''a.txt")

    with pytest.raises(DocuVaultError) as refusal:
        await read(request([body]))

    assert refusal.value.code is ErrorCode.FILE_REQUIRED
    assert isinstance(refusal.value, InvalidInput)
    assert [error.field for error in refusal.value.errors] == ["body.file"]
    assert "filename*" in refusal.value.errors[0].message


async def test_the_plain_name_counts_where_both_forms_stand() -> None:
    body = body_of([Part("file", b"x", "a.txt")])
    body = body.replace(b'filename="a.txt"', b"filename=\"a.txt\"; filename*=utf-8''b.txt")

    assert (await read(request([body])))[0] == "a.txt"


async def test_a_file_under_another_name_is_no_file() -> None:
    body = body_of([Part("upload", b"x", "a.txt")])

    assert await refused(request([body])) is ErrorCode.FILE_REQUIRED


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([], ErrorCode.FILE_REQUIRED),
        ([Part("auto_classify", b"true")], ErrorCode.FILE_REQUIRED),
        ([Part("file", b"x", "a"), Part("file", b"y", "b")], ErrorCode.TOO_MANY_PARTS),
        ([Part(f"f{n}", b"") for n in range(6)], ErrorCode.TOO_MANY_PARTS),
        ([Part("note", b"x" * 1025), Part("file", b"x", "a")], ErrorCode.VALIDATION_FAILED),
    ],
)
async def test_forms_that_are_refused(parts: list[Part], code: ErrorCode) -> None:
    assert await refused(request([body_of(parts)])) is code


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no form at all",
        b"--other\r\n\r\n",
        b"--" + BOUNDARY + b"\r\n",
        b"--" + BOUNDARY + b"\r\nno colon\r\n\r\nx\r\n--" + BOUNDARY + b"--\r\n",
        b"--" + BOUNDARY + b"\r\n: empty\r\n\r\nx\r\n--" + BOUNDARY + b"--\r\n",
    ],
)
async def test_malformed_bodies_are_refused(body: bytes) -> None:
    assert await refused(request([body] if body else [])) is ErrorCode.MALFORMED_MULTIPART


@settings(deadline=None)
@given(st.integers(0, 400))
async def test_a_body_that_ends_early_is_refused(length: int) -> None:
    body = body_of([Part("auto_classify", b"true"), Part("file", b"content" * 30, "a.txt")])
    shorter = body[: min(length, len(body) - 6)]

    assert await refused(request([shorter] if shorter else [])) is ErrorCode.MALFORMED_MULTIPART


@settings(deadline=None)
@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=5))
async def test_garbage_is_refused_and_never_crashes(garbage: bytes, places: list[int]) -> None:
    for body in (garbage, b"--" + BOUNDARY + b"\r\n" + garbage):
        assert await refused(request(cut(body, places))) in {
            ErrorCode.MALFORMED_MULTIPART,
            ErrorCode.FILE_REQUIRED,
        }


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"content-type": "application/json"}, ErrorCode.UNSUPPORTED_MEDIA_TYPE),
        ({"content-type": ""}, ErrorCode.UNSUPPORTED_MEDIA_TYPE),
        ({"content-type": "multipart/form-data"}, ErrorCode.MALFORMED_MULTIPART),
        ({"content-type": "multipart/form-data; boundary="}, ErrorCode.MALFORMED_MULTIPART),
        (
            {"content-type": "multipart/form-data; boundary=" + "x" * 500},
            ErrorCode.MALFORMED_MULTIPART,
        ),
        ({"content-type": "multipart/mixed; boundary=x"}, ErrorCode.UNSUPPORTED_MEDIA_TYPE),
        ({"content-encoding": "gzip"}, ErrorCode.UNSUPPORTED_ENCODING),
    ],
)
async def test_bodies_of_another_kind_are_refused(headers: dict[str, str], code: ErrorCode) -> None:
    body = body_of([Part("file", b"x", "a.txt")])

    assert await refused(request([body], headers)) is code


async def test_a_sender_that_stalls_is_given_up() -> None:
    async def forever() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    body = body_of([Part("file", b"x" * 100, "a.txt")])[:200]
    quick = SETTINGS.model_copy(update={"idle_seconds": 0.05})

    assert await refused(request([body], then=forever), quick) is ErrorCode.UPLOAD_TIMEOUT


async def test_a_sender_that_leaves_is_noticed() -> None:
    async def leave() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    body = body_of([Part("file", b"x" * 100, "a.txt")])[:200]

    assert await refused(request([body], then=leave)) is ErrorCode.UPLOAD_INTERRUPTED


async def test_bytes_outside_the_file_are_limited_too() -> None:
    parts = [Part("file", b"x", "a.txt")]
    endless = [body_of(parts), *([b"epilogue" * 8192] * 40)]

    assert await refused(request(endless)) is ErrorCode.FILE_TOO_LARGE


async def test_nothing_is_held_back_until_the_end() -> None:
    """A large file passes through in pieces; memory does not grow with it."""
    head, tail = body_of([Part("file", b"@", "a.bin")]).split(b"@")
    passed = 0

    async def pieces() -> AsyncIterator[bytes]:
        yield head
        for _ in range(16):
            yield b"x" * 65536
        yield tail

    source = pieces()

    async def receive() -> dict[str, Any]:
        chunk = await anext(source, b"")
        return {"type": "http.request", "body": chunk, "more_body": bool(chunk)}

    raw = [(b"content-type", b"multipart/form-data; boundary=" + BOUNDARY)]
    asked = Request({"type": "http", "method": "POST", "path": "/", "headers": raw}, receive)
    form = UploadForm(asked, SETTINGS)
    await form.begin()
    async for chunk in form.chunks():
        passed += len(chunk)
        assert len(chunk) <= 65536
    assert passed == 16 * 65536
