"""Cuts the text of a condition into tokens that know their place."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from docuvault.fallback.conditions.errors import ConditionError

MAX_TOKENS = 50
# Of all tokens together; spaces between them do not count.
MAX_CHARACTERS = 2000
MAX_TEXT = 200
# On either side of the decimal point: with more, digits would be lost.
MAX_DIGITS = 15

KEYWORDS = frozenset({"and", "or", "not", "in", "contains", "startswith", "endswith"})

_TOKEN = re.compile(
    r"""
      (?P<space>   \s+ )
    | (?P<name>    [A-Za-z_][A-Za-z0-9_]* )
    | (?P<number>  -?[0-9]+(?:\.[0-9]+)? )
    | (?P<text>    "[^"\\]*+(?:\\["\\][^"\\]*+)*+" )
    | (?P<sign>    <=|>=|==|!=|<|>|\(|\)|, )
    """,
    re.VERBOSE,
)
_OPEN_TEXT = re.compile(r'"[^"\\]*+(?:\\["\\][^"\\]*+)*+')
_ESCAPE = re.compile(r'\\(["\\])')
_HINTS = {
    "=": 'Write "==" for equal, ">=" and "<=" for the others.',
    "!": 'Write "!=" for unequal, and "not" before what must not hold.',
    "&": 'Write "and".',
    "|": 'Write "or".',
    "'": 'Texts stand in double quotes: "…".',
    "“": 'Texts stand in straight quotes: "…".',
    "”": 'Texts stand in straight quotes: "…".',
    "„": 'Texts stand in straight quotes: "…".',
    ".": "A field has no parts, and a number begins with a digit.",
    "-": "A minus belongs to the digits right behind it; there is no arithmetic.",
    "+": "There is no arithmetic; a number without a minus is positive.",
    "*": "There is no arithmetic, and texts have no patterns.",
    "/": "There is no arithmetic.",
    "[": "Lists stand in round brackets.",
}


class TokenKind(StrEnum):
    """What a token is; a keyword is a name that means something to the language."""

    NAME = "name"
    KEYWORD = "keyword"
    NUMBER = "number"
    TEXT = "text"
    SIGN = "sign"
    END = "end"


@dataclass(frozen=True, slots=True)
class Token:
    """`value` is the name, keyword (lower-case) or sign, or what the literal stands for."""

    kind: TokenKind
    value: str | int | float
    position: int


def tokens_of(text: str) -> list[Token]:
    """All tokens, and one for the end behind them; raises `ConditionError`."""
    found: list[Token] = []
    characters = 0
    for match in _matches(text):
        characters += len(match.group())
        if len(found) == MAX_TOKENS or characters > MAX_CHARACTERS:
            raise ConditionError(
                f"A condition has at most {MAX_TOKENS} parts and {MAX_CHARACTERS} characters.",
                text,
                match.start(),
            )
        found.append(_token(text, match))
    return [*found, Token(TokenKind.END, "", len(text))]


def _matches(text: str) -> Iterator[re.Match[str]]:
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _stray(text, position)
        if match.lastgroup != "space":
            yield match
        position = match.end()


def _token(text: str, match: re.Match[str]) -> Token:
    raw, position = match.group(), match.start()
    match match.lastgroup:
        case "name":
            lowered = raw.lower()
            if lowered in KEYWORDS:
                return Token(TokenKind.KEYWORD, lowered, position)
            return Token(TokenKind.NAME, raw, position)
        case "number":
            return Token(TokenKind.NUMBER, _number(text, raw, position), position)
        case "text":
            return Token(TokenKind.TEXT, _text(text, raw, position), position)
        case _:
            return Token(TokenKind.SIGN, raw, position)


def _number(text: str, raw: str, position: int) -> int | float:
    whole, _, fraction = raw.lstrip("-").partition(".")
    if max(len(whole), len(fraction)) > MAX_DIGITS:
        raise ConditionError(f"A number has at most {MAX_DIGITS} digits on a side.", text, position)
    return float(raw) if fraction else int(raw)


def _text(text: str, raw: str, position: int) -> str:
    for offset, sign in enumerate(raw):
        # Control characters, and halves of characters that no encoding can hold.
        if unicodedata.category(sign) in ("Cc", "Cs"):
            raise ConditionError(
                "A text holds no line breaks or other control characters.", text, position + offset
            )
    value = _ESCAPE.sub(r"\1", raw[1:-1])
    if len(value) > MAX_TEXT:
        raise ConditionError(f"A text has at most {MAX_TEXT} characters.", text, position)
    return value


def _stray(text: str, position: int) -> ConditionError:
    sign = text[position]
    if sign == '"':
        return _broken_text(text, position)
    message = _HINTS.get(sign) or "This character has no meaning in a condition."
    return ConditionError(message, text, position)


def _broken_text(text: str, position: int) -> ConditionError:
    """The error of a text that does not end, or has a backslash before what needs none."""
    begun = _OPEN_TEXT.match(text, position)
    end = begun.end() if begun else position
    if end < len(text) - 1:
        return ConditionError('A backslash stands only before " or another backslash.', text, end)
    return ConditionError("This text does not end: a quote is missing.", text, position)
