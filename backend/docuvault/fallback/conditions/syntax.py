"""What a condition is once it has been understood, and how it is spelt."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from docuvault.fallback.conditions.profiles import Profile

Literal = str | int | float


class Operator(StrEnum):
    """Ways of comparing a field with values."""

    EQUAL = "=="
    UNEQUAL = "!="
    LESS = "<"
    LESS_OR_EQUAL = "<="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="
    IN = "in"
    CONTAINS = "contains"
    STARTS_WITH = "startswith"
    ENDS_WITH = "endswith"


@dataclass(frozen=True, slots=True)
class Comparison:
    """`field operator value`; several values only with `in`."""

    field: str
    operator: Operator
    values: tuple[Literal, ...]

    def __str__(self) -> str:
        spelt = ", ".join(map(_spell, self.values))
        if self.operator is Operator.IN:
            spelt = f"({spelt})"
        return f"{self.field} {self.operator} {spelt}"


@dataclass(frozen=True, slots=True)
class Not:
    """The contrary of a part."""

    part: "Node"

    def __str__(self) -> str:
        return f"not {_bracketed(self.part, And, Or)}"


@dataclass(frozen=True, slots=True)
class And:
    """Two or more parts that must all hold; none of them is an `And`."""

    parts: "tuple[Node, ...]"

    def __str__(self) -> str:
        return " and ".join(_bracketed(part, Or) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Or:
    """Two or more parts of which one must hold; none of them is an `Or`."""

    parts: "tuple[Node, ...]"

    def __str__(self) -> str:
        return " or ".join(map(str, self.parts))


Node = Comparison | Not | And | Or


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition and the profile it was written for.

    Its text is canonical: parsed again it is the same condition.
    """

    root: Node
    profile: Profile

    def __str__(self) -> str:
        return str(self.root)


def _bracketed(node: Node, *kinds: type[Node]) -> str:
    return f"({node})" if isinstance(node, kinds) else str(node)


def _spell(value: Literal) -> str:
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    # The shortest digits that are this number, without an exponent.
    return format(Decimal(repr(value)), "f")
