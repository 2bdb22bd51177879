"""Byte ranges (RFC 9110, section 14): one range, or none."""

import re
from dataclasses import dataclass

from docuvault.domain.errors import ErrorCode, InvalidInput

_ONE_RANGE = re.compile(r"bytes=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*")


@dataclass(frozen=True, slots=True)
class Span:
    """`length` bytes from `start` on."""

    start: int
    length: int


def parse_range(header: str, size: int) -> Span | None:
    """The part asked for; None for units that we do not know, which means the whole.

    Raises `InvalidInput(range_not_satisfiable)` for a range outside the file, for a malformed one,
    and for several at once, which only serve to make a server work.
    """
    if not header.strip().lower().startswith("bytes"):
        return None
    match = _ONE_RANGE.fullmatch(header.strip())
    if match is None or not any(match.groups()):
        raise InvalidInput(ErrorCode.RANGE_NOT_SATISFIABLE)
    first, last = match.groups()
    if first:
        start = int(first)
        end = min(int(last), size - 1) if last else size - 1
    else:
        start = max(size - int(last), 0)
        end = size - 1
    if start >= size or end < start or (not first and int(last) == 0):
        raise InvalidInput(ErrorCode.RANGE_NOT_SATISFIABLE)
    return Span(start, end - start + 1)
