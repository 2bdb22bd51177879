"""Byte ranges: one part of the file, or a refusal; never a byte outside it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docuvault.api.ranges import Span, parse_range
from docuvault.domain.errors import ErrorCode, InvalidInput


@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("bytes=0-0", Span(0, 1)),
        ("bytes=0-9", Span(0, 10)),
        ("bytes=0-99", Span(0, 10)),
        ("bytes=3-", Span(3, 7)),
        ("bytes=9-9", Span(9, 1)),
        ("bytes=-1", Span(9, 1)),
        ("bytes=-10", Span(0, 10)),
        ("bytes=-9999", Span(0, 10)),
        ("bytes= 2 - 4 ", Span(2, 3)),
        ("  bytes=2-4  ", Span(2, 3)),
        ("bytes=0-999999999999999999", Span(0, 10)),
    ],
)
def test_a_part_of_ten_bytes(header: str, span: Span) -> None:
    assert parse_range(header, 10) == span


@pytest.mark.parametrize("header", ["pages=1-2", "", "items 0-5"])
def test_an_unknown_unit_means_the_whole(header: str) -> None:
    assert parse_range(header, 10) is None


@pytest.mark.parametrize(
    "header",
    [
        "bytes=10-",
        "bytes=10-20",
        "bytes=5-4",
        "bytes=-0",
        "bytes=-",
        "bytes=",
        "bytes",
        "bytes=a-b",
        "bytes=1-2,4-5",
        "bytes=" + ",".join(["0-0"] * 10_000),
        "bytes=0x1-0x2",
        "bytes=+1-2",
        "bytes=1.0-2",
        "bytes=--1",
        "bytes=9999999999999999999-",
        "bytes=0-9999999999999999999",
    ],
)
def test_what_is_refused(header: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_range(header, 10)
    assert caught.value.code is ErrorCode.RANGE_NOT_SATISFIABLE


@settings(deadline=None)
@given(
    st.text(st.sampled_from("bytes=-0123456789, "), max_size=30).map(lambda tail: f"bytes{tail}"),
    st.integers(0, 10**6),
)
def test_no_header_reaches_outside_the_file(header: str, size: int) -> None:
    try:
        span = parse_range(header, size)
    except InvalidInput:
        return
    assert span is not None
    assert span.start >= 0
    assert span.length >= 1
    assert span.start + span.length <= size


@settings(deadline=None)
@given(st.integers(1, 10**6), st.data())
def test_a_plain_range_is_that_range(size: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, size - 1))
    last = data.draw(st.integers(first, size - 1))

    assert parse_range(f"bytes={first}-{last}", size) == Span(first, last - first + 1)
    assert parse_range(f"bytes={first}-", size) == Span(first, size - first)
    assert parse_range(f"bytes=-{last + 1}", size) == Span(size - last - 1, last + 1)
