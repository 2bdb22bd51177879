"""What a key, a value and a lifetime may be, and how a value is written down."""

import json
import math
import re
from typing import Any

from pydantic import JsonValue

from docuvault.domain.errors import CorruptValue, ErrorCode, InvalidInput

MAX_KEY_BYTES = 512
MAX_VALUE_BYTES = 256 * 1024
MAX_DEPTH = 32
MAX_EXPIRE_SECONDS = 10 * 365 * 24 * 3600
# Counters are 64-bit integers with a sign, as Redis has them.
MIN_COUNT, MAX_COUNT = -(2**63), 2**63 - 1

# Control characters, and the surrogates that no encoding of text can hold.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def check_prefix(prefix: str) -> str:
    """The beginning of a key, or nothing at all; raises `InvalidInput`."""
    if _UNPRINTABLE.search(prefix):
        raise _refused("A key may hold no control characters and no broken Unicode.")
    if len(prefix.encode()) > MAX_KEY_BYTES:
        raise _refused(f"A key may have at most {MAX_KEY_BYTES} bytes.")
    return prefix


def check_key(key: str) -> str:
    """The key itself; raises `InvalidInput`."""
    if not key:
        raise _refused("A key may not be empty.")
    return check_prefix(key)


def check_expire(expire: float | None) -> float | None:
    """The lifetime in seconds, None for one without end; raises `InvalidInput`."""
    if expire is not None and not 0 < expire <= MAX_EXPIRE_SECONDS:
        raise _refused("A lifetime is more than zero seconds and at most ten years.")
    return expire


def check_amount(amount: int) -> int:
    """The step of a counter; raises `InvalidInput`."""
    if not MIN_COUNT <= amount <= MAX_COUNT:
        raise out_of_range()
    return amount


def not_a_counter() -> InvalidInput:
    """The error for counting on a value that is not a 64-bit integer."""
    return _refused("The value under this key is not a whole number that can be counted on.")


def out_of_range() -> InvalidInput:
    """The error for a count beyond 64 bits."""
    return _refused("The count would leave the range of 64-bit integers.")


def integer(encoded: bytes) -> int:
    """The count that an encoded value is; raises `InvalidInput`."""
    digits = encoded.removeprefix(b"-")
    # Longer ones cannot have 64 bits; Python would take its time to read them.
    if not digits.isdigit() or len(digits) > 19:
        raise not_a_counter()
    number = int(encoded)
    if not MIN_COUNT <= number <= MAX_COUNT:
        raise not_a_counter()
    return number


def encode(value: JsonValue) -> bytes:
    """The value as JSON in its one canonical spelling; raises `InvalidInput`."""
    _check_value(value, MAX_DEPTH)
    try:
        text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        encoded = text.encode()
    except ValueError as error:
        # Lone surrogates, and integers of more digits than Python spells out.
        raise _refused("The value holds broken Unicode or a number that is too long.") from error
    if len(encoded) > MAX_VALUE_BYTES:
        raise _refused(f"The value is larger than {MAX_VALUE_BYTES // 1024} KiB.")
    return encoded


def decode(encoded: bytes) -> JsonValue:
    """The value again; raises `CorruptValue` for what is not JSON."""
    try:
        value: JsonValue = json.loads(encoded, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise CorruptValue(ErrorCode.CORRUPT_ENTRY) from error
    return value


def _check_value(value: Any, depth: int) -> None:
    if depth < 0:
        raise _refused(f"The value is nested more than {MAX_DEPTH} levels deep.")
    if value is None or isinstance(value, str | int):
        return
    if isinstance(value, float):
        if not math.isfinite(value):
            raise _refused("A number must be finite.")
    elif isinstance(value, list):
        for item in value:
            _check_value(item, depth - 1)
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise _refused("The keys of an object must be texts.")
            _check_value(item, depth - 1)
    else:
        raise _refused(f"A value of the kind {type(value).__name__} has no place in JSON.")


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


def _refused(sentence: str) -> InvalidInput:
    return InvalidInput(ErrorCode.INVALID_ENTRY, sentence)
