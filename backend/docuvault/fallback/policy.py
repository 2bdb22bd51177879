"""Which mode the facts ask for: conditions of the settings, the worst that holds decides."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType

from docuvault.config.operations import FallbackSettings
from docuvault.domain.errors import ConfigurationError
from docuvault.domain.modes import Mode
from docuvault.fallback.conditions.errors import ConditionError
from docuvault.fallback.conditions.evaluation import evaluate
from docuvault.fallback.conditions.parser import parse_condition
from docuvault.fallback.conditions.profiles import FieldKind, Profile
from docuvault.fallback.conditions.syntax import Condition

FALLBACK = Profile(
    "fallback",
    MappingProxyType(
        {
            "ai_circuit": FieldKind.TEXT,
            "ai_failures": FieldKind.NUMBER,
            "failed_components": FieldKind.NUMBER,
            "queue_age": FieldKind.NUMBER,
        }
    ),
)

NO_TRIGGER = "No trigger holds."


@dataclass(frozen=True, slots=True)
class Facts:
    """What the conditions ask about.

    `ai_circuit` is closed, open or half_open; `ai_failures` counts those of the last hour;
    `failed_components` counts the parts of enrichment that do not work; `queue_age` is how long,
    in seconds, the oldest work has been waiting.
    """

    ai_circuit: str = "closed"
    ai_failures: int = 0
    failed_components: int = 0
    queue_age: float = 0.0


@dataclass(frozen=True, slots=True)
class Decision:
    """A mode, and why."""

    mode: Mode
    reason: str


@dataclass(frozen=True, slots=True)
class Rule:
    """The mode that is right while the condition holds."""

    mode: Mode
    condition: Condition


class FallbackPolicy:
    """Rules in their order: the first whose condition holds decides, and PRIMARY when none does."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)

    def decide(self, facts: Facts) -> Decision:
        """The mode for these facts; the reason names the condition and what it was about."""
        values = asdict(facts)
        for rule in self._rules:
            if evaluate(rule.condition, values):
                text = str(rule.condition)
                named = [f"{name} is {values[name]}" for name in FALLBACK.fields if name in text]
                return Decision(rule.mode, f"{text} ({', '.join(named)})")
        return Decision(Mode.PRIMARY, NO_TRIGGER)


def create_policy(settings: FallbackSettings) -> FallbackPolicy:
    """The rules of the settings; raises `ConfigurationError` with the place of the fault."""
    return FallbackPolicy(
        [
            Rule(Mode.SAFE, _condition("SAFE_WHEN", settings.safe_when)),
            Rule(Mode.HEURISTIC, _condition("HEURISTIC_WHEN", settings.heuristic_when)),
        ]
    )


def _condition(name: str, text: str) -> Condition:
    try:
        return parse_condition(text, FALLBACK)
    except ConditionError as error:
        raise ConfigurationError(
            f"DOCUVAULT_FALLBACK__{name} is no condition: {error.detail}\n{error.pointer()}"
        ) from None
