"""Understands the text of a condition, or says where it stops making sense."""

from collections.abc import Callable
from difflib import get_close_matches

from docuvault.domain.text import fold
from docuvault.fallback.conditions.errors import ConditionError
from docuvault.fallback.conditions.lexer import Token, TokenKind, tokens_of
from docuvault.fallback.conditions.profiles import TRIGGERS, FieldKind, Profile
from docuvault.fallback.conditions.syntax import (
    And,
    Comparison,
    Condition,
    Literal,
    Node,
    Not,
    Operator,
    Or,
)

# Brackets and `not` inside each other.
MAX_DEPTH = 10

_ORDERING = frozenset(
    {Operator.LESS, Operator.LESS_OR_EQUAL, Operator.GREATER, Operator.GREATER_OR_EQUAL}
)
_PARTIAL = frozenset({Operator.CONTAINS, Operator.STARTS_WITH, Operator.ENDS_WITH})
_OPERATORS = frozenset(Operator)


def parse_condition(text: str, profile: Profile = TRIGGERS) -> Condition:
    """The condition that the text spells; raises `ConditionError`."""
    return Condition(_Parser(text, profile).parse(), profile)


class _Parser:
    """Reads one text, once, from left to right; each method reads one rule of the grammar."""

    def __init__(self, text: str, profile: Profile) -> None:
        self._text = text
        self._fields = profile.fields
        self._tokens = tokens_of(text)
        self._next = 0
        self._depth = 0

    def parse(self) -> Node:
        if self._peek().kind is TokenKind.END:
            raise self._error("The condition is empty.")
        node = self._or()
        if self._peek().kind is not TokenKind.END:
            raise self._error('Here "and", "or" or the end should follow.')
        return node

    def _or(self) -> Node:
        parts = self._parts("or", self._and)
        return parts[0] if len(parts) == 1 else Or(_flat(Or, parts))

    def _and(self) -> Node:
        parts = self._parts("and", self._not)
        return parts[0] if len(parts) == 1 else And(_flat(And, parts))

    def _parts(self, keyword: str, part: Callable[[], Node]) -> list[Node]:
        parts = [part()]
        while self._skip(TokenKind.KEYWORD, keyword):
            parts.append(part())
        return parts

    def _not(self) -> Node:
        token = self._peek()
        if self._skip(TokenKind.KEYWORD, "not"):
            return Not(self._deeper(token, self._not))
        if self._skip(TokenKind.SIGN, "("):
            node = self._deeper(token, self._or)
            self._expect(")", 'Here "and", "or" or a closing bracket should follow.')
            return node
        return self._comparison()

    def _deeper(self, token: Token, rule: Callable[[], Node]) -> Node:
        if self._depth == MAX_DEPTH:
            raise self._error(f'Brackets and "not" go at most {MAX_DEPTH} levels deep.', token)
        self._depth += 1
        node = rule()
        self._depth -= 1
        return node

    def _comparison(self) -> Node:
        name, kind = self._field()
        operator = self._operator(name, kind)
        if operator is not Operator.IN:
            return Comparison(name, operator, (self._literal(name, kind, operator),))
        self._expect("(", 'A list in round brackets should follow, such as ("a", "b").')
        values = [self._literal(name, kind, operator)]
        while self._skip(TokenKind.SIGN, ","):
            values.append(self._literal(name, kind, operator))
        self._expect(")", "Here a comma or a closing bracket should follow.")
        return Comparison(name, operator, tuple(values))

    def _field(self) -> tuple[str, FieldKind]:
        token = self._take()
        if token.kind is not TokenKind.NAME:
            raise self._error("Here the name of a field should stand.", token)
        name = str(token.value)
        if name not in self._fields:
            raise self._error(self._unknown(name), token)
        return name, self._fields[name]

    def _unknown(self, name: str) -> str:
        close = get_close_matches(name.lower(), self._fields, n=1)
        advice = f"did you mean {close[0]}?" if close else f"there are {', '.join(self._fields)}."
        return f"There is no field of this name; {advice}"

    def _operator(self, name: str, kind: FieldKind) -> Operator:
        token = self._take()
        if token.kind is TokenKind.KEYWORD and token.value == "not":
            raise self._error(f'Write "not" before the field: not {name} in (…).', token)
        if token.kind not in (TokenKind.SIGN, TokenKind.KEYWORD) or token.value not in _OPERATORS:
            raise self._error(f"Behind {name} a comparison should follow, such as ==.", token)
        operator = Operator(str(token.value))
        if kind is FieldKind.NUMBER and operator in _PARTIAL:
            raise self._error(f"{name} is a number; {operator} is for texts.", token)
        if kind is not FieldKind.NUMBER and operator in _ORDERING:
            raise self._error(f"{name} is a text; {operator} is for numbers.", token)
        return operator

    def _literal(self, name: str, kind: FieldKind, operator: Operator) -> Literal:
        token = self._take()
        if kind is FieldKind.NUMBER:
            if token.kind is not TokenKind.NUMBER:
                raise self._error(f"{name} is a number; here a number should stand.", token)
        elif token.kind is not TokenKind.TEXT:
            raise self._error(f'{name} is a text; here one should stand, in "quotes".', token)
        elif operator in _PARTIAL and not fold(str(token.value)):
            raise self._error("This text is empty, so it would be found in everything.", token)
        return token.value

    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._peek()
        if token.kind is TokenKind.END:
            raise self._error("The condition ends too early.")
        self._next += 1
        return token

    def _skip(self, kind: TokenKind, value: str) -> bool:
        if self._peek().kind is not kind or self._peek().value != value:
            return False
        self._next += 1
        return True

    def _expect(self, sign: str, message: str) -> None:
        if not self._skip(TokenKind.SIGN, sign):
            raise self._error(message)

    def _error(self, message: str, token: Token | None = None) -> ConditionError:
        return ConditionError(message, self._text, (token or self._peek()).position)


def _flat(kind: type[And] | type[Or], parts: list[Node]) -> tuple[Node, ...]:
    """Brackets around parts of the same kind mean nothing."""
    return tuple(
        inner for part in parts for inner in (part.parts if isinstance(part, kind) else (part,))
    )
