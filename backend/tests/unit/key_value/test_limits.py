"""Limits hold over processes, per caller, in time, and also while the store is away."""

import pytest

from docuvault.domain.errors import DependencyUnavailable, ErrorCode, Forbidden
from docuvault.key_value.limits import CallLimit
from docuvault.key_value.memory import MemoryStorage


class AwayStorage(MemoryStorage):
    """A store that nobody reaches."""

    async def _count(self, key: str, amount: int, expire: float | None) -> int:
        raise DependencyUnavailable(ErrorCode.REDIS_UNAVAILABLE)


async def spend(limit: CallLimit, who: str, calls: int) -> None:
    for _ in range(calls):
        await limit.spend(who)


async def test_processes_share_a_limit_and_callers_do_not() -> None:
    storage = MemoryStorage()
    one, other = (CallLimit(storage, "t", calls=3, seconds=60) for _ in range(2))
    await spend(one, "10.0.0.1", 2)
    await spend(other, "10.0.0.1", 1)
    with pytest.raises(Forbidden) as caught:
        await other.spend("10.0.0.1")
    assert caught.value.code is ErrorCode.TOO_MANY_REQUESTS
    await spend(one, "10.0.0.2", 3)
    await spend(CallLimit(storage, "another", calls=3, seconds=60), "10.0.0.1", 3)


async def test_a_limit_begins_anew_after_its_time() -> None:
    now = 0.0
    limit = CallLimit(MemoryStorage(clock=lambda: now), "t", calls=1, seconds=60)
    await limit.spend("10.0.0.1")
    now = 59.0
    with pytest.raises(Forbidden):
        await limit.spend("10.0.0.1")
    now = 61.0
    await limit.spend("10.0.0.1")


async def test_there_is_no_way_without_a_limit() -> None:
    limit = CallLimit(AwayStorage(), "t", calls=2, seconds=60)
    await spend(limit, "10.0.0.1", 2)
    with pytest.raises(Forbidden):
        await limit.spend("10.0.0.1")


async def test_a_caller_of_any_length_fits_into_a_key() -> None:
    await CallLimit(MemoryStorage(), "t", calls=1, seconds=60).spend("x" * 5000)
