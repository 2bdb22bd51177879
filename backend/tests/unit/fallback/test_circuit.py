"""The circuit breaker: opens, rests, tries once, and is the same for all processes."""

import asyncio

import pytest

from docuvault.config.operations import FallbackSettings
from docuvault.fallback.circuit import CircuitBreaker, CircuitState
from tests.unit.fallback.stores import Clock, LeavingStorage

CLOSED, OPEN, HALF_OPEN = CircuitState.CLOSED, CircuitState.OPEN, CircuitState.HALF_OPEN
SETTINGS = FallbackSettings(circuit_failures=3, circuit_seconds=30, circuit_longest_seconds=100)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def storage() -> LeavingStorage:
    return LeavingStorage()


@pytest.fixture
def circuit(storage: LeavingStorage, clock: Clock) -> CircuitBreaker:
    return breaker(storage, clock)


def breaker(storage: LeavingStorage, clock: Clock) -> CircuitBreaker:
    """As one process has it."""
    return CircuitBreaker(storage, SETTINGS, trial_seconds=60, clock=clock)


async def fail(circuit: CircuitBreaker, times: int = 3) -> None:
    for _ in range(times):
        await circuit.failed()


async def test_failures_in_a_row_open_it(circuit: CircuitBreaker) -> None:
    await fail(circuit, 2)
    assert await circuit.state() is CLOSED
    await circuit.succeeded()
    await fail(circuit, 2)
    assert await circuit.admits(), "one success begins the row anew"

    await circuit.failed()

    assert await circuit.state() is OPEN
    assert not await circuit.admits()
    assert not await circuit.has_trial()


async def test_after_its_rest_one_trial_is_made(circuit: CircuitBreaker, clock: Clock) -> None:
    await fail(circuit)
    clock.pass_(29)
    assert await circuit.state() is OPEN
    clock.pass_(1)
    assert await circuit.state() is HALF_OPEN

    taken = await asyncio.gather(*(circuit.admits() for _ in range(20)))

    assert taken.count(True) == 1
    assert not await circuit.has_trial()
    await circuit.succeeded()
    assert await circuit.state() is CLOSED
    assert await circuit.admits()


async def test_each_failed_trial_doubles_the_rest_up_to_the_longest(
    circuit: CircuitBreaker, clock: Clock
) -> None:
    await fail(circuit)
    for rest in (30, 60, 100, 100):
        clock.pass_(rest - 0.001)
        assert await circuit.state() is OPEN, rest
        clock.pass_(0.001)
        assert await circuit.take_trial(), rest
        await circuit.failed()
    clock.pass_(100)
    assert await circuit.take_trial()
    await circuit.succeeded()
    await fail(circuit)
    clock.pass_(30)
    assert await circuit.state() is HALF_OPEN, "a success makes the rest short again"


async def test_a_call_that_fails_late_does_not_prolong_the_rest(
    circuit: CircuitBreaker, clock: Clock
) -> None:
    await fail(circuit)
    clock.pass_(29)
    await circuit.failed()
    clock.pass_(1)
    assert await circuit.state() is HALF_OPEN


async def test_a_trial_that_reports_nothing_is_made_again(
    circuit: CircuitBreaker, clock: Clock
) -> None:
    await fail(circuit)
    clock.pass_(30)
    assert await circuit.take_trial()
    assert not await circuit.take_trial()
    clock.pass_(60)
    assert await circuit.take_trial(), "its taker is dead"
    await circuit.give_back()
    assert await circuit.take_trial(), "its taker was stopped"


async def test_processes_share_it(storage: LeavingStorage, clock: Clock) -> None:
    one, other = breaker(storage, clock), breaker(storage, clock)
    await asyncio.gather(*(side.failed() for side in (one, other, one)))
    assert await other.state() is OPEN
    clock.pass_(30)
    taken = await asyncio.gather(*(side.take_trial() for side in (one, other) * 5))
    assert taken.count(True) == 1
    await one.succeeded()
    assert await other.state() is CLOSED


async def test_nothing_is_written_while_all_is_well(
    circuit: CircuitBreaker, storage: LeavingStorage
) -> None:
    for _ in range(5):
        assert await circuit.admits()
        await circuit.succeeded()

    assert storage.writes == 0


async def test_failures_of_the_last_hour_are_counted_and_forgotten(
    storage: LeavingStorage, clock: Clock
) -> None:
    one, other = breaker(storage, clock), breaker(storage, clock)
    await fail(one, 4)
    clock.pass_(1800)
    await fail(other, 2)
    assert (await one.failures(), await other.failures()) == (6, 6)
    clock.pass_(1800)
    assert await one.failures() == 2
    clock.pass_(3600)
    assert await one.failures() == 0
    for key in [key async for key in storage.scan("resilience:ai:failures:")]:
        assert storage._entries[key].expires_at != float("inf"), "it goes by itself"


async def test_another_provider_begins_with_a_closed_circuit(
    storage: LeavingStorage, clock: Clock
) -> None:
    one, other = breaker(storage, clock), breaker(storage, clock)
    await fail(one)
    await other.reset()
    assert await one.state() is CLOSED
    assert (await one.failures(), await other.failures()) == (0, 0)


async def test_each_process_goes_on_alone_while_the_storage_is_away(
    storage: LeavingStorage, clock: Clock
) -> None:
    one, other = breaker(storage, clock), breaker(storage, clock)
    await fail(one, 2)
    assert await other.state() is CLOSED
    storage.away = True

    await one.failed()
    assert await one.state() is OPEN
    assert await one.failures() == 3
    assert await other.state() is CLOSED, "the other one cannot know"
    assert await other.admits()

    storage.away = False
    clock.pass_(30)
    assert await one.take_trial()
    assert await other.state() is HALF_OPEN, "what was learnt alone is shared afterwards"
    assert not await other.take_trial()


@pytest.mark.parametrize(
    "rubbish", [1, "closed", [], {"rests_until": "2026-03-01T12:00:00"}, {"failures": "many"}]
)
async def test_what_cannot_be_read_is_a_closed_circuit(
    circuit: CircuitBreaker, storage: LeavingStorage, rubbish: object
) -> None:
    await storage.set("resilience:ai:circuit", rubbish)  # type: ignore[arg-type]

    assert await circuit.state() is CLOSED
    await fail(circuit)
    assert await circuit.state() is OPEN
