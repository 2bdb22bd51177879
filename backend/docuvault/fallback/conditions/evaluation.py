"""Says whether a condition holds for the values of its fields."""

import math
import operator as compare
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from docuvault.domain.text import fold
from docuvault.fallback.conditions.profiles import FieldKind
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

Value = int | float | str | Sequence[str] | None

# What a field has, on the left; what the condition names, on the right.
_MATCHES: Mapping[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQUAL: compare.eq,
    Operator.IN: compare.eq,
    Operator.LESS: compare.lt,
    Operator.LESS_OR_EQUAL: compare.le,
    Operator.GREATER: compare.gt,
    Operator.GREATER_OR_EQUAL: compare.ge,
    Operator.CONTAINS: compare.contains,
    Operator.STARTS_WITH: str.startswith,
    Operator.ENDS_WITH: str.endswith,
}


def evaluate(condition: Condition, context: Mapping[str, Value]) -> bool:
    """Whether the condition holds; looks up only the fields that decide, from left to right.

    A field that the context lacks is absent, as is one that is None, not a number (NaN) or an
    empty list: every comparison with it is false, also `!=`. Texts are compared without regard to
    case and accents. Raises `TypeError` for a value that is not of the field's kind.
    """
    return _holds(condition.root, condition.profile.fields, context)


def _holds(node: Node, kinds: Mapping[str, FieldKind], context: Mapping[str, Value]) -> bool:
    match node:
        case And(parts):
            return all(_holds(part, kinds, context) for part in parts)
        case Or(parts):
            return any(_holds(part, kinds, context) for part in parts)
        case Not(part):
            return not _holds(part, kinds, context)
        case Comparison(field):
            return _compare(node, _present(field, kinds[field], context.get(field)))


def _compare(node: Comparison, found: Sequence[Literal]) -> bool:
    if not found:
        return False
    wanted = [_comparable(value) for value in node.values]
    if node.operator is Operator.UNEQUAL:
        return not any(one in wanted for one in found)
    matches = _MATCHES[node.operator]
    return any(matches(one, other) for one in found for other in wanted)


def _present(field: str, kind: FieldKind, value: Value) -> Sequence[Literal]:
    """What there is to compare: nothing when the field is absent."""
    match kind, value:
        case _, None:
            return ()
        case FieldKind.NUMBER, int() | float() if not isinstance(value, bool):
            return () if isinstance(value, float) and math.isnan(value) else (value,)
        case FieldKind.TEXT, str():
            return (_comparable(value),)
        case FieldKind.TEXTS, list() | tuple() if all(isinstance(one, str) for one in value):
            return [_comparable(one) for one in value]
        case _:
            raise TypeError(f"{field} is a {kind}, not a {type(value).__name__}.")


def _comparable(value: Literal) -> Literal:
    return fold(value) if isinstance(value, str) else value
