"""Which mode follows from which facts, and what a bad condition of the settings says."""

import pytest

from docuvault.config.operations import FallbackSettings
from docuvault.domain.errors import ConfigurationError
from docuvault.domain.modes import Mode
from docuvault.fallback.policy import NO_TRIGGER, Facts, create_policy


@pytest.mark.parametrize(
    ("facts", "mode"),
    [
        (Facts(), Mode.PRIMARY),
        (Facts(ai_failures=20, failed_components=1, queue_age=1e6), Mode.PRIMARY),
        (Facts(ai_circuit="open"), Mode.HEURISTIC),
        (Facts(ai_circuit="half_open"), Mode.HEURISTIC),
        (Facts(ai_failures=21), Mode.HEURISTIC),
        (Facts(failed_components=2), Mode.SAFE),
        (Facts(ai_circuit="open", ai_failures=99, failed_components=3), Mode.SAFE),
    ],
)
def test_the_default_conditions(facts: Facts, mode: Mode) -> None:
    assert create_policy(FallbackSettings()).decide(facts).mode is mode


def test_the_reason_names_the_condition_and_what_it_was_about() -> None:
    policy = create_policy(FallbackSettings())

    assert policy.decide(Facts()).reason == NO_TRIGGER
    assert policy.decide(Facts(ai_circuit="open", ai_failures=7)).reason == (
        'ai_circuit != "closed" or ai_failures > 20 (ai_circuit is open, ai_failures is 7)'
    )
    assert policy.decide(Facts(failed_components=2)).reason == (
        "failed_components >= 2 (failed_components is 2)"
    )


def test_people_may_write_other_conditions() -> None:
    policy = create_policy(
        FallbackSettings(
            heuristic_when="queue_age > 600 and ai_failures >= 3",
            safe_when='queue_age > 3600 and not ai_circuit == "closed"',
        )
    )

    assert policy.decide(Facts(queue_age=601, ai_failures=3)).mode is Mode.HEURISTIC
    assert policy.decide(Facts(queue_age=601, ai_failures=2)).mode is Mode.PRIMARY
    assert policy.decide(Facts(queue_age=4000)).mode is Mode.PRIMARY
    assert policy.decide(Facts(queue_age=4000, ai_circuit="open")).mode is Mode.SAFE


@pytest.mark.parametrize(
    ("field", "text", "position"),
    [
        ("safe_when", "failed_components >=", 21),
        ("safe_when", "failed_component >= 2", 1),
        ("heuristic_when", "severity > 3", 1),
        ("heuristic_when", 'ai_failures > 20 and __import__("os")', 22),
        ("heuristic_when", "", 1),
    ],
)
def test_a_bad_condition_is_refused_at_the_start_with_its_place(
    field: str, text: str, position: int
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        create_policy(FallbackSettings(**{field: text}))

    assert f"DOCUVAULT_FALLBACK__{field.upper()}" in caught.value.detail
    assert f"(at character {position})" in caught.value.detail
    assert caught.value.detail.endswith("^")
