"""The mode: worse at once, better after a while, overridden by people, remembered for all."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import pytest
from structlog.testing import capture_logs

from docuvault.config.operations import FallbackSettings
from docuvault.domain.errors import DependencyUnavailable
from docuvault.domain.modes import MODE_ORDER, Mode
from docuvault.fallback import manager as managing
from docuvault.fallback.circuit import CircuitBreaker
from docuvault.fallback.manager import FallbackManager
from docuvault.fallback.policy import Facts, create_policy
from docuvault.fallback.transitions import PREFIX, Transition
from docuvault.key_value.memory import MemoryStorage
from docuvault.observability.metrics.prometheus import PrometheusSink
from tests.unit.fallback.stores import Clock, LeavingStorage

PRIMARY, HEURISTIC, SAFE = MODE_ORDER
SETTINGS = FallbackSettings(recover_seconds=30, transition_days=90)
WELL, NO_AI, TWO_AWAY = Facts(), Facts(ai_circuit="open"), Facts(failed_components=2)


@pytest.fixture(autouse=True)
def no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process looks anew each time, so that tests need not wait for a second to pass."""
    monkeypatch.setattr(managing, "_MODE_SECONDS", 0.0)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def storage() -> LeavingStorage:
    return LeavingStorage()


@pytest.fixture
def sink() -> PrometheusSink:
    return PrometheusSink()


@pytest.fixture
def manager(storage: LeavingStorage, clock: Clock, sink: PrometheusSink) -> FallbackManager:
    return process(storage, clock, sink)


def process(
    storage: MemoryStorage, clock: Clock, sink: PrometheusSink | None = None
) -> FallbackManager:
    """As one process has it."""
    circuit = CircuitBreaker(storage, SETTINGS, trial_seconds=60, clock=clock)
    return FallbackManager(
        storage, create_policy(SETTINGS), circuit, sink or PrometheusSink(), SETTINGS, clock
    )


async def modes_of(manager: FallbackManager) -> list[tuple[str, str]]:
    return [(one["from"], one["to"]) for one in await manager.get_transitions_log(100)]


async def test_two_failed_components_mean_safe_with_memory_storage() -> None:
    manager = process(MemoryStorage(), Clock())

    assert await manager.cascade(Facts(failed_components=2)) is SAFE

    assert manager.is_degraded()
    assert manager.get_mode_string() == "safe"
    assert await manager.get_current_mode() is SAFE


async def test_it_begins_with_everything(manager: FallbackManager) -> None:
    assert await manager.get_current_mode() is PRIMARY
    assert not manager.is_degraded()
    assert await manager.cascade(WELL) is PRIMARY
    assert await manager.get_transitions_log() == []


async def test_worse_at_once_and_better_after_a_while(
    manager: FallbackManager, clock: Clock
) -> None:
    assert await manager.cascade(NO_AI) is HEURISTIC
    assert await manager.cascade(TWO_AWAY) is SAFE
    assert await manager.cascade(WELL) is SAFE
    clock.pass_(29)
    assert await manager.cascade(WELL) is SAFE
    clock.pass_(1)
    assert await manager.cascade(WELL) is PRIMARY
    assert await modes_of(manager) == [
        ("safe", "primary"),
        ("heuristic", "safe"),
        ("primary", "heuristic"),
    ]


async def test_what_comes_and_goes_is_not_followed(manager: FallbackManager, clock: Clock) -> None:
    await manager.cascade(NO_AI)
    for _ in range(20):
        clock.pass_(20)
        assert await manager.cascade(WELL) is HEURISTIC
        clock.pass_(5)
        assert await manager.cascade(NO_AI) is HEURISTIC

    assert await modes_of(manager) == [("primary", "heuristic")]


async def test_each_better_mode_waits_for_itself(manager: FallbackManager, clock: Clock) -> None:
    await manager.cascade(TWO_AWAY)
    await manager.cascade(NO_AI)
    clock.pass_(20)
    await manager.cascade(WELL)
    clock.pass_(10)
    assert await manager.cascade(WELL) is HEURISTIC, "possible for thirty seconds"
    clock.pass_(19)
    assert await manager.cascade(WELL) is HEURISTIC
    clock.pass_(1)
    assert await manager.cascade(WELL) is PRIMARY, "possible for thirty seconds now, too"


async def test_what_a_person_chose_stands_above_the_facts(
    manager: FallbackManager, clock: Clock
) -> None:
    await manager.cascade(WELL)
    await manager.set_mode("heuristic", "The provider is being moved.", expire=600)
    assert await manager.cascade(WELL) is HEURISTIC
    assert await manager.cascade(TWO_AWAY) is HEURISTIC
    status = await manager.get_status()
    assert (status.mode, status.reason) == (HEURISTIC, "The provider is being moved.")
    assert status.overridden_until == clock.now + timedelta(seconds=600)

    await manager.clear_override()

    assert await manager.get_current_mode() is SAFE, "at once what the facts have led to"
    status = await manager.get_status()
    assert status.overridden_until is None
    assert "failed_components" in status.reason


async def test_a_choice_ends_by_itself(clock: Clock) -> None:
    storage = MemoryStorage(clock=lambda: clock.now.timestamp())
    manager = process(storage, clock)
    await manager.set_mode(Mode.SAFE, "An hour of peace.", expire=3600)
    clock.pass_(3599)
    assert await manager.cascade(WELL) is SAFE
    clock.pass_(1)
    assert await manager.cascade(WELL) is PRIMARY
    assert await modes_of(manager) == [("safe", "primary"), ("primary", "safe")]


async def test_processes_agree_and_tell_of_each_change_once(
    storage: LeavingStorage, clock: Clock
) -> None:
    api, *deciders = [process(storage, clock) for _ in range(4)]
    told: list[Transition] = []
    for one in deciders:

        async def tell(transition: Transition) -> None:
            told.append(transition)

        one.register_mode_callback(SAFE, tell)

    assert set(await asyncio.gather(*(one.cascade(TWO_AWAY) for one in deciders))) == {SAFE}

    assert await api.get_current_mode() is SAFE
    assert [(one.before, one.after) for one in told] == [(PRIMARY, SAFE)]
    assert await modes_of(api) == [("primary", "safe")]


async def test_the_log_outlives_the_process_and_expires(
    storage: LeavingStorage, clock: Clock
) -> None:
    await process(storage, clock).cascade(NO_AI)

    [record] = await process(storage, clock).get_transitions_log()

    assert record == {
        "timestamp": clock.now.isoformat(timespec="microseconds"),
        "from": "primary",
        "to": "heuristic",
        "reason": 'ai_circuit != "closed" or ai_failures > 20'
        " (ai_circuit is open, ai_failures is 0)",
    }
    assert datetime.fromisoformat(record["timestamp"]).tzinfo is not None
    [key] = [key async for key in storage.scan(PREFIX)]
    left = storage._entries[key].expires_at - storage._clock()
    assert 89 * 86400 < left <= 90 * 86400


async def test_a_process_that_only_looks_sees_each_change(
    storage: LeavingStorage, clock: Clock
) -> None:
    decider, api = process(storage, clock), process(storage, clock)
    assert await modes_of(api) == []
    for facts, change in ((NO_AI, ("primary", "heuristic")), (TWO_AWAY, ("heuristic", "safe"))):
        clock.pass_(1)
        await decider.cascade(facts)
        assert (await modes_of(api))[0] == change
        assert (await modes_of(api))[0] == change


async def test_a_change_that_is_not_written_yet_is_looked_for_again(
    storage: LeavingStorage, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    decider, api = process(storage, clock), process(storage, clock)
    with monkeypatch.context() as late:

        async def later(*_: object) -> None:
            """The decider is interrupted between the mode and the log."""

        late.setattr(decider._log, "append", later)
        await decider.cascade(NO_AI)
    assert await modes_of(api) == []
    await decider._log.append(Transition(clock.now, PRIMARY, HEURISTIC, "Late."))
    assert await modes_of(api) == [("primary", "heuristic")]


async def test_the_log_lists_more_than_ten_and_the_newest_first(
    manager: FallbackManager, clock: Clock
) -> None:
    for _ in range(40):
        await manager.cascade(NO_AI)
        clock.pass_(1)
        await manager.cascade(WELL)
        clock.pass_(30)
        await manager.cascade(WELL)

    figures = await manager.get_metrics()
    assert figures["total_transitions"] == 80
    assert len(figures["recent_transitions"]) == 10
    assert (figures["current_mode"], figures["is_degraded"]) == ("primary", False)
    stamps = [one["timestamp"] for one in await manager.get_transitions_log(100)]
    assert len(stamps) == 80
    assert stamps == sorted(stamps, reverse=True)


async def test_two_changes_of_one_moment_are_two(manager: FallbackManager) -> None:
    await manager.cascade(NO_AI)
    await manager.cascade(TWO_AWAY)

    assert await modes_of(manager) == [("heuristic", "safe"), ("primary", "heuristic")]


async def test_looking_changes_nothing(
    manager: FallbackManager, storage: LeavingStorage, clock: Clock
) -> None:
    await manager.cascade(NO_AI)
    clock.pass_(3600)
    before = storage.writes

    for _ in range(3):
        assert await manager.get_current_mode() is HEURISTIC
        await manager.get_status()
        await manager.get_transitions_log()
        await manager.get_metrics()

    assert storage.writes == before


async def test_an_outage_of_the_storage_stops_nothing_and_loses_nothing(
    storage: LeavingStorage, clock: Clock
) -> None:
    decider, api = process(storage, clock), process(storage, clock)
    await decider.cascade(NO_AI)
    assert await api.get_current_mode() is HEURISTIC
    storage.away = True

    assert await decider.cascade(TWO_AWAY) is SAFE
    assert await api.get_current_mode() is HEURISTIC, "what it knows"
    assert await modes_of(decider) == [("heuristic", "safe")]
    with pytest.raises(DependencyUnavailable):
        await api.set_mode(PRIMARY, "All must know.", expire=60)
    with pytest.raises(DependencyUnavailable):
        await api.clear_override()

    storage.away = False
    clock.pass_(5)
    assert await decider.cascade(TWO_AWAY) is SAFE
    assert await api.get_current_mode() is SAFE
    assert await modes_of(api) == [("heuristic", "safe"), ("primary", "heuristic")]


async def test_an_empty_storage_is_told_what_is_known(
    storage: LeavingStorage, clock: Clock
) -> None:
    """Redis came back without its memory: the next decision is written again."""
    decider = process(storage, clock)
    await decider.cascade(TWO_AWAY)
    await storage.close()

    assert await decider.cascade(TWO_AWAY) is SAFE
    assert await process(storage, clock).get_current_mode() is SAFE


@pytest.mark.parametrize("rubbish", [1, "safe", {"mode": "best"}, {"mode": "safe", "since": "x"}])
async def test_a_mode_that_cannot_be_read_is_decided_anew(
    manager: FallbackManager, storage: LeavingStorage, rubbish: object
) -> None:
    await storage.set("fallback:mode", rubbish)  # type: ignore[arg-type]
    await storage.set("fallback:override", rubbish)  # type: ignore[arg-type]

    assert await manager.get_current_mode() is PRIMARY
    assert await manager.cascade(NO_AI) is HEURISTIC
    assert await manager.get_current_mode() is HEURISTIC


async def test_a_callback_that_fails_holds_up_nobody(manager: FallbackManager) -> None:
    told: list[Mode] = []

    async def fail(_: Transition) -> None:
        raise ZeroDivisionError

    async def tell(transition: Transition) -> None:
        told.append(transition.after)

    manager.register_mode_callback(SAFE, fail)
    manager.register_mode_callback(SAFE, tell)
    manager.register_mode_callback(HEURISTIC, tell)
    with capture_logs() as logs:
        assert await manager.cascade(TWO_AWAY) is SAFE

    assert told == [SAFE]
    assert "fallback.callback_failed" in [entry["event"] for entry in logs]


async def test_it_is_measured(manager: FallbackManager, sink: PrometheusSink) -> None:
    await manager.cascade(NO_AI)
    await manager.cascade(TWO_AWAY)

    lines = sink.render()[0].decode()
    assert "fallback_mode 2.0" in lines
    assert 'fallback_transitions_total{from="primary",to="heuristic"} 1.0' in lines
    assert 'fallback_transitions_total{from="heuristic",to="safe"} 1.0' in lines


async def test_a_trial_is_never_made_against_a_persons_will(
    manager: FallbackManager, clock: Clock
) -> None:
    for _ in range(SETTINGS.circuit_failures):
        await manager.circuit.failed()
    clock.pass_(SETTINGS.circuit_seconds)
    assert await manager.has_trial()
    await manager.set_mode(HEURISTIC, "Leave it in peace.", expire=600)
    assert not await manager.take_trial()
    await manager.clear_override()
    assert await manager.take_trial()
    assert not await manager.take_trial()


async def test_an_outage_that_is_over_for_others_is_over_for_all(
    storage: LeavingStorage, clock: Clock
) -> None:
    here, elsewhere = process(storage, clock), process(storage, clock)
    await elsewhere.cascade(WELL)
    await here.cascade(WELL)
    storage.away = True
    assert await here.cascade(TWO_AWAY) is SAFE
    storage.away = False
    assert await here.get_current_mode() is SAFE

    # This process decides no more; another one does, and it has seen the outage too.
    await elsewhere.cascade(NO_AI)
    assert await here.get_current_mode() is HEURISTIC
    await elsewhere.cascade(WELL)
    clock.pass_(SETTINGS.recover_seconds)
    assert await elsewhere.cascade(WELL) is PRIMARY
    assert await here.get_current_mode() is PRIMARY
    assert await here.cascade(WELL) is PRIMARY


async def test_a_log_that_has_expired_is_not_looked_for_again_and_again(clock: Clock) -> None:
    class Counting(LeavingStorage):
        scans = 0

        async def _keys(self, prefix: str) -> AsyncIterator[str]:
            self.scans += 1
            async for key in super()._keys(prefix):
                yield key

    storage = Counting()
    manager = process(storage, clock)
    await manager.cascade(NO_AI)
    await storage.delete(*[key async for key in storage.scan(PREFIX)])
    clock.pass_(91 * 24 * 3600)
    storage.scans = 0

    for _ in range(3):
        assert await manager.get_transitions_log() == []

    assert storage.scans == 1
