"""Facts for the mode: out of health, circuit and backlog, whatever of it is away."""

import pytest

from docuvault.domain.errors import DependencyUnavailable, ErrorCode
from docuvault.domain.modes import Mode
from docuvault.fallback.circuit import CircuitState
from docuvault.health.backlog import BacklogReader
from docuvault.health.base import WORKS, Finding, degraded, unhealthy
from docuvault.health.checks.component import ComponentHealthCheck
from docuvault.health.monitor import HealthMonitor
from docuvault.observability.metrics.null import NullSink
from docuvault.pipeline.answers import ProviderAnswers
from docuvault.pipeline.deciding import ModeDecider
from tests.unit.pipeline.workshop import FALLBACK, FakeClassifier, Workshop, raising

AWAY = DependencyUnavailable(ErrorCode.DB_UNAVAILABLE)


def part(name: str, finding: Finding) -> ComponentHealthCheck:
    """A part that is as a test says."""
    check = ComponentHealthCheck(name)
    check.set(finding)
    return check


def decider(
    shop: Workshop, *parts: ComponentHealthCheck, answers: ProviderAnswers | None = None
) -> ModeDecider:
    return ModeDecider(
        shop.parts.fallback,
        answers or shop.parts.answers,
        HealthMonitor(parts, NullSink(), max_age=0),
        BacklogReader(shop.database),
        FALLBACK,
    )


async def test_only_parts_of_enrichment_that_do_not_work_count(shop: Workshop) -> None:
    down = unhealthy("Does not answer.")
    names = ("ai", "vectors", "redis", "worker", "watched", "database", "storage", "disk", "queue")
    parts = [part(name, down) for name in names]

    facts = await decider(shop, *parts, part("ill", degraded("Slow.")), part("well", WORKS)).facts()

    assert facts.failed_components == 5
    assert (facts.ai_circuit, facts.ai_failures) == ("closed", 0)


async def test_two_of_them_mean_safe_until_one_is_back(shop: Workshop) -> None:
    vectors, ai = part("vectors", unhealthy("Away.")), part("ai", unhealthy("Away."))
    deciding = decider(shop, vectors, ai)
    assert await deciding.decide() is Mode.SAFE

    ai.set(WORKS)
    assert await deciding.decide() is Mode.SAFE
    shop.clock.now = shop.clock.now.replace(year=shop.clock.now.year + 1)
    assert await deciding.decide() is Mode.PRIMARY


async def test_the_circuit_and_its_failures_are_facts(shop: Workshop) -> None:
    for _ in range(FALLBACK.circuit_failures):
        await shop.parts.fallback.circuit.failed()

    facts = await decider(shop).facts()

    assert (facts.ai_circuit, facts.ai_failures) == ("open", FALLBACK.circuit_failures)
    assert await decider(shop).decide() is Mode.HEURISTIC


async def test_without_a_provider_an_open_circuit_means_nothing(shop: Workshop) -> None:
    """Somebody changed from a provider that failed to the local model."""
    for _ in range(FALLBACK.circuit_failures):
        await shop.parts.fallback.circuit.failed()
    circuit = shop.parts.fallback.circuit
    local = ProviderAnswers(FakeClassifier(), circuit, shop.key_value, 1.0)

    facts = await decider(shop, answers=local).facts()

    assert await circuit.state() is CircuitState.OPEN, "looking changes nothing"
    assert (facts.ai_circuit, facts.ai_failures) == ("closed", 0)

    assert await decider(shop, answers=local).decide() is Mode.PRIMARY
    assert await circuit.state() is CircuitState.CLOSED, "completion must not wait for a trial"


async def test_the_oldest_waiting_work_is_a_fact(shop: Workshop) -> None:
    assert (await decider(shop).facts()).queue_age == 0
    await shop.document()
    await shop.make_due()
    assert 55 < (await decider(shop).facts()).queue_age < 120


async def test_a_database_that_is_away_stops_no_decision(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    deciding = decider(shop, part("ai", unhealthy("Away.")), part("vectors", unhealthy("Away.")))
    monkeypatch.setattr(shop.classifier, "choice", raising(AWAY))
    monkeypatch.setattr(deciding._backlog, "read", raising(AWAY))

    assert await deciding.decide() is Mode.SAFE
