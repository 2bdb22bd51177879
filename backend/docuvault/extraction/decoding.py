"""Turning bytes of unknown encoding into text without ever failing."""

import codecs
from pathlib import Path

from charset_normalizer import from_bytes

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What a declared name stands for in practice, where that is more than its standard says.
_PRACTICE = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
# Seven-bit encodings look like ASCII, so only the declaration tells.
_SEVEN_BIT = ("iso2022", "hz", "utf-7")
_NOT_CHARSETS = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"})
_SAMPLE_BYTES = 64 * 1024
# A guess from fewer bytes than this is worse than assuming the commonest legacy encoding.
_LEAST_EVIDENCE = 16


def decode(data: bytes, declared: str | None = None) -> str:
    """The text in the data; what cannot be decoded becomes U+FFFD.

    A byte order mark decides, then UTF-16 that shows by its NULs, then valid UTF-8, then `declared`
    (a charset named by the document), then a guess.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    name = _codec(declared)
    if name is not None and name.startswith(_SEVEN_BIT):
        return data.decode(name, "replace")
    wide = wide_encoding(data)
    if wide is not None:
        return data.decode(wide, "replace")
    text = _utf8(data)
    if text is not None:
        return text
    if name is not None and name != "utf-8":
        try:
            return data.decode(name)
        except UnicodeError:
            pass  # the declaration was wrong, so a guess is better
    return data.decode(_guess(data), "replace")


def read_text(path: Path, max_characters: int, declared: str | None = None) -> tuple[str, bool]:
    """The text of a file, and whether the file holds more than could be within the limit."""
    # No encoding here needs more than four bytes for a character.
    most = max_characters * 4
    with path.open("rb") as file:
        data = file.read(most + 1)
    text = decode(data[:most], declared)
    return text[:max_characters], len(data) > most or len(text) > max_characters


def wide_encoding(data: bytes) -> str | None:
    """UTF-16 or UTF-32 without a byte order mark, told by where the NULs are; else None."""
    sample = data[:4096]
    sample = sample[: len(sample) - len(sample) % 4]
    if len(sample) < 4 or b"\0" not in sample:
        return None
    quarter = len(sample) // 4
    shares = [sample[offset::4].count(0) / quarter for offset in range(4)]
    if min(shares[1:]) > 0.9 and shares[0] < 0.1:
        return "utf-32-le"
    if min(shares[:3]) > 0.9 and shares[3] < 0.1:
        return "utf-32-be"
    even, odd = (shares[0] + shares[2]) / 2, (shares[1] + shares[3]) / 2
    if odd > 0.3 and even < 0.05:
        return "utf-16-le"
    if even > 0.3 and odd < 0.05:
        return "utf-16-be"
    return None


def _codec(declared: str | None) -> str | None:
    if not declared:
        return None
    try:
        name = codecs.lookup(declared.strip(" \t\r\n\"'")).name
        "".encode(name)
    except (LookupError, UnicodeError, ValueError):
        return None
    return None if name in _NOT_CHARSETS else _PRACTICE.get(name, name)


def _utf8(data: bytes) -> str | None:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        halves = data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
        lost = text.count("\ufffd")
        kept = sum(1 for c in text[: _SAMPLE_BYTES * 4] if c > "\x7f") - lost
        return text if kept >= lost else None
    return halves.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _guess(data: bytes) -> str:
    sample = data[:_SAMPLE_BYTES]
    if len(sample.translate(None, bytes(range(128)))) < _LEAST_EVIDENCE:
        return "cp1252"
    best = from_bytes(sample).best()
    return best.encoding if best is not None else "cp1252"
