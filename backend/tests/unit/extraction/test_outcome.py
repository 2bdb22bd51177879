"""What comes out of a child is checked as if an attacker had written it."""

import json

import pytest

from docuvault.domain.errors import ErrorCode, ProcessingFailed
from docuvault.extraction import outcome
from docuvault.extraction.base import ExtractedDocument, ExtractedPage, Limits

_LIMITS = Limits(max_pages=3, max_characters=20, max_unpacked_bytes=1)


def _code(data: bytes) -> ErrorCode:
    with pytest.raises(ProcessingFailed) as caught:
        outcome.decode(data, _LIMITS)
    return caught.value.code


def _fields(**changes: object) -> bytes:
    fields: dict[str, object] = {
        "pages": [[1, "a"]],
        "page_count": 1,
        "metadata": {},
        "warnings": [],
    }
    return json.dumps(fields | changes).encode()


def test_there_and_back() -> None:
    document = ExtractedDocument(
        pages=(ExtractedPage(1, 'quote " \u00fc \U0001f600\n'), ExtractedPage(3, "")),
        page_count=7,
        metadata={"title": "T"},
        warnings=("page_limit", "truncated"),
    )
    assert outcome.decode(outcome.encode_document(document), _LIMITS) == document


@pytest.mark.parametrize("code", [ErrorCode.CORRUPT_FILE, ErrorCode.ARCHIVE_BOMB])
def test_failures(code: ErrorCode) -> None:
    assert _code(outcome.encode_failure(ProcessingFailed(code))) is code


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"error": "db_unavailable"}',
        b'{"error": "no such code"}',
        b'{"error": 7}',
        b"\xff\xfe",
        _fields(pages=[[1, "x" * 21]]),
        _fields(pages=[[1, 5]]),
        _fields(pages=[["1", "a"]]),
        _fields(pages=[[2, "a"], [1, "b"]], page_count=2),
        _fields(pages=[[1, "a"], [1, "b"]]),
        _fields(pages=[[2, "a"]]),
        _fields(pages=[[n, ""] for n in range(1, 5)], page_count=9),
        _fields(page_count=-1),
        _fields(page_count=True),
        _fields(metadata=[]),
        _fields(metadata={"title": ["x"]}),
        _fields(warnings=[5]),
    ],
)
def test_everything_else_is_a_crash(data: bytes) -> None:
    assert _code(data) is ErrorCode.PARSER_CRASHED


def test_what_the_database_cannot_hold_does_not_get_through() -> None:
    data = _fields(
        pages=[[1, "a\ud800b\0"]],
        metadata={"title": "x\0\ud800 \n" * 1000},
        warnings=["page_limit", "Not A Word", "x" * 100],
    )
    document = outcome.decode(data, _LIMITS)
    assert document.pages[0].text == "a\ufffdb"
    assert len(document.metadata["title"]) == 500
    assert "\0" not in document.metadata["title"]
    assert document.warnings == ("page_limit",)
