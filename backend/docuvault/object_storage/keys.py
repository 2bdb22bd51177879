"""Which keys and ranges are well-formed, the same for every driver."""

from docuvault.domain.errors import ErrorCode, InvalidInput

MAX_KEY_BYTES = 1024
MAX_SEGMENT_BYTES = 255


def split_key(key: str) -> tuple[str, ...]:
    """The segments of a key.

    Raises `InvalidInput(malformed_request)` for anything that could leave the storage's root or
    that not every storage can hold: absolute keys, empty or dotted segments (`..`, `.hidden`),
    backslashes, control characters, lone surrogates, more than 1024 bytes (255 in a segment).
    """
    segments = tuple(key.split("/"))
    if not all(map(is_segment, segments)) or len(key.encode()) > MAX_KEY_BYTES:
        raise InvalidInput(ErrorCode.MALFORMED_REQUEST, "The key of the object is not well-formed.")
    return segments


def is_segment(name: str) -> bool:
    """Whether a name may stand between the slashes of a key."""
    if not name or name[0] == "." or "\\" in name or "/" in name:
        return False
    if any(ord(c) < 32 or 127 <= ord(c) < 160 for c in name):
        return False
    try:
        return len(name.encode()) <= MAX_SEGMENT_BYTES
    except UnicodeEncodeError:
        return False


def check_range(start: int, length: int | None) -> None:
    """Raise `InvalidInput(range_not_satisfiable)` for a negative start or length."""
    if start < 0 or (length is not None and length < 0):
        raise InvalidInput(ErrorCode.RANGE_NOT_SATISFIABLE)
