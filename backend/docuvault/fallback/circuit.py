"""The circuit breaker of the AI provider: who fails again and again is left in peace for a while.

All processes share its state through key-value storage; each goes on with its own copy while the
storage is away.
"""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Self

import structlog
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from docuvault.config.operations import FallbackSettings
from docuvault.domain.errors import DocuVaultError
from docuvault.fallback.shared import Known, SharedEntry
from docuvault.key_value.base import Storage

log = structlog.get_logger(__name__)

# Nobody remembers failures for longer when no further call was made.
_EXPIRE_SECONDS = 24 * 3600.0
# Failures of the last hour are counted in pieces, each of which expires by itself.
_BUCKET_SECONDS = 300
_BUCKETS = 12

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """This moment, aware."""
    return datetime.now(UTC)


class CircuitState(StrEnum):
    """Closed lets all calls through, open none, half-open a single trial."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class _Circuit(BaseModel):
    """What is shared: failures in a row, rests so far, and until when calls or trials rest."""

    model_config = ConfigDict(frozen=True)

    failures: int = 0
    rests: int = 0
    rests_until: AwareDatetime | None = None
    trial_until: AwareDatetime | None = None

    @classmethod
    def read(cls, known: Known) -> Self:
        """The circuit that was written; one that cannot be understood is closed."""
        try:
            return cls.model_validate(known or {})
        except ValidationError:
            log.warning("circuit.unreadable")
            return cls()

    def written(self, known: Known) -> Known:
        """The circuit as it is kept; the closed one of the beginning need not be."""
        if known is None and self == _Circuit():
            return None
        return self.model_dump(mode="json")

    def state(self, now: datetime) -> CircuitState:
        """How it stands at that moment."""
        if self.rests_until is None:
            return CircuitState.CLOSED
        return CircuitState.OPEN if self.rests_until > now else CircuitState.HALF_OPEN

    def may_try(self, now: datetime) -> bool:
        """Whether nobody is making the trial of a half-open circuit."""
        is_tried = self.trial_until is not None and self.trial_until > now
        return self.state(now) is CircuitState.HALF_OPEN and not is_tried


class CircuitBreaker:
    """Asked before each call and told its outcome.

    `trial_seconds` is the longest that a call may take: a trial that reports nothing for so long
    is taken for dead, and the next one may be made.
    """

    def __init__(
        self,
        storage: Storage,
        settings: FallbackSettings,
        *,
        name: str = "ai",
        trial_seconds: float,
        clock: Clock = utc_now,
    ) -> None:
        self._storage = storage
        self._settings = settings
        self._trial_seconds = trial_seconds
        self._clock = clock
        self._prefix = f"resilience:{name}:"
        self._entry = SharedEntry(storage, f"{self._prefix}circuit", expire=_EXPIRE_SECONDS)
        self._counted: Counter[int] = Counter()

    async def state(self) -> CircuitState:
        """How the circuit stands now."""
        return _Circuit.read(await self._entry.read()).state(self._clock())

    async def admits(self) -> bool:
        """Whether a call may be made: always while closed, once when the rest is over."""
        return await self.state() is CircuitState.CLOSED or await self.take_trial()

    async def take_trial(self) -> bool:
        """Take the one trial of a half-open circuit; its taker must report how it went."""
        now = self._clock()
        until = now + timedelta(seconds=self._trial_seconds)

        def take(known: Known) -> Known:
            circuit = _Circuit.read(known)
            if not circuit.may_try(now):
                return known
            return circuit.model_copy(update={"trial_until": until}).written(known)

        return (await self._entry.change(take)).changed

    async def has_trial(self) -> bool:
        """Whether the trial of a half-open circuit is there to be taken."""
        return _Circuit.read(await self._entry.read()).may_try(self._clock())

    async def give_back(self) -> None:
        """A call ended without telling anything about the provider; a trial may be made again."""

        def give_back(known: Known) -> Known:
            return _Circuit.read(known).model_copy(update={"trial_until": None}).written(known)

        await self._entry.change(give_back)

    async def succeeded(self) -> None:
        """A call was answered: the circuit is closed, whatever it was before."""
        written = await self._entry.change(_Circuit().written)
        if _Circuit.read(written.before).rests_until is not None:
            log.info("circuit.closed")

    async def failed(self) -> None:
        """A call was not answered, or not usefully."""
        now = self._clock()

        def fail(known: Known) -> Known:
            return self._after_failure(_Circuit.read(known), now).written(known)

        written = await self._entry.change(fail)
        before, after = _Circuit.read(written.before), _Circuit.read(written.after)
        if after.rests_until is not None and after.rests_until != before.rests_until:
            log.warning(
                "circuit.opened",
                failures=after.failures,
                rests_until=after.rests_until.isoformat(),
            )
        await self._count(now)

    async def reset(self) -> None:
        """Begin anew: somebody else is in force, of whom nothing is known yet."""
        await self.succeeded()
        self._counted.clear()
        try:
            await self._storage.delete(*map(self._bucket_key, self._buckets()))
        except DocuVaultError as error:
            log.debug("circuit.failures_kept", code=error.code.value)

    async def failures(self) -> int:
        """Failures of the last hour, of all processes; of this one while the storage is away."""
        buckets = self._buckets()
        try:
            counts = [await self._storage.get(self._bucket_key(bucket)) for bucket in buckets]
        except DocuVaultError:
            return sum(self._counted[bucket] for bucket in buckets)
        return sum(count for count in counts if isinstance(count, int))

    def _after_failure(self, circuit: _Circuit, now: datetime) -> _Circuit:
        failures = circuit.failures + 1
        match circuit.state(now):
            case CircuitState.CLOSED if failures < self._settings.circuit_failures:
                return circuit.model_copy(update={"failures": failures})
            case CircuitState.CLOSED:
                rests = 0
            case CircuitState.HALF_OPEN:
                rests = circuit.rests + 1
            case CircuitState.OPEN:
                # A call that had begun before; the rest that it asks for has begun already.
                return circuit.model_copy(update={"failures": failures})
        rest = min(
            # Beyond this power the longest rest is in force anyway.
            self._settings.circuit_seconds * 2 ** min(rests, 30),
            self._settings.circuit_longest_seconds,
        )
        return _Circuit(failures=failures, rests=rests, rests_until=now + timedelta(seconds=rest))

    async def _count(self, now: datetime) -> None:
        bucket = _bucket(now)
        for old in [old for old in self._counted if old <= bucket - _BUCKETS]:
            del self._counted[old]
        self._counted[bucket] += 1
        try:
            await self._storage.increment(
                self._bucket_key(bucket), expire=_BUCKET_SECONDS * (_BUCKETS + 1)
            )
        except DocuVaultError as error:
            log.debug("circuit.failure_not_counted", code=error.code.value)

    def _buckets(self) -> range:
        """Those of the last hour."""
        last = _bucket(self._clock())
        return range(last - _BUCKETS + 1, last + 1)

    def _bucket_key(self, bucket: int) -> str:
        return f"{self._prefix}failures:{bucket}"


def _bucket(now: datetime) -> int:
    return int(now.timestamp()) // _BUCKET_SECONDS
