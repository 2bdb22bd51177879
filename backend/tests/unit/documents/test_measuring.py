"""One pass over the bytes: counted, hashed, limited, and handed on unchanged."""

import hashlib
from collections.abc import AsyncIterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docuvault.documents.measuring import HEAD_BYTES, MeasuredStream
from docuvault.domain.errors import ErrorCode, PayloadTooLarge


async def sent(chunks: Sequence[bytes]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


@settings(deadline=None)
@given(st.lists(st.binary(max_size=50)), st.booleans())
async def test_bytes_pass_unchanged_and_are_counted(chunks: list[bytes], ahead: bool) -> None:
    stream = MeasuredStream(sent(chunks), limit=10_000)
    whole = b"".join(chunks)
    if ahead:
        assert await stream.head() == whole
        assert stream.size == 0, "what was only looked at has not passed"

    assert b"".join([chunk async for chunk in stream]) == whole

    assert stream.size == len(whole)
    assert stream.sha256 == hashlib.sha256(whole).hexdigest()


async def test_the_head_reads_no_more_than_it_needs() -> None:
    chunks = [b"x" * HEAD_BYTES, b"y" * 10, b"z" * 10]
    source = sent(chunks)
    stream = MeasuredStream(source, limit=10**6)

    assert await stream.head() == chunks[0]
    assert await stream.head() == chunks[0]
    assert await anext(source) == chunks[1]


async def test_the_limit_is_the_last_byte_that_is_accepted() -> None:
    stream = MeasuredStream(sent([b"1234", b"56"]), limit=6)
    assert [chunk async for chunk in stream] == [b"1234", b"56"]

    stream = MeasuredStream(sent([b"1234", b"567", b"never read"]), limit=6)
    passed = []
    with pytest.raises(PayloadTooLarge) as caught:
        async for chunk in stream:
            passed.append(chunk)  # noqa: PERF401 - what passed before the error counts
    assert passed == [b"1234"]
    assert caught.value.code is ErrorCode.FILE_TOO_LARGE
    assert stream.sha256 == hashlib.sha256(b"1234").hexdigest()


async def test_the_limit_is_told_in_people_s_units() -> None:
    stream = MeasuredStream(sent([b"x" * (2 * 1024 * 1024)]), limit=1024 * 1024)

    with pytest.raises(PayloadTooLarge, match="1 MiB"):
        [chunk async for chunk in stream]


async def test_a_failing_sender_is_heard() -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"some"
        raise ConnectionResetError

    stream = MeasuredStream(broken(), limit=100)
    with pytest.raises(ConnectionResetError):
        [chunk async for chunk in stream]
