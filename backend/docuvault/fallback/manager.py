"""The mode in force: decided from facts, overridden by people, shared by all processes."""

import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypedDict

import structlog
from pydantic import ValidationError

from docuvault.config.operations import FallbackSettings
from docuvault.domain.errors import CorruptValue, DependencyUnavailable
from docuvault.domain.modes import MODE_ORDER, Mode
from docuvault.fallback.circuit import CircuitBreaker, Clock, utc_now
from docuvault.fallback.policy import Facts, FallbackPolicy
from docuvault.fallback.shared import Known, SharedEntry, Written
from docuvault.fallback.standing import BEGINNING, Override, Standing
from docuvault.fallback.transitions import Transition, TransitionLog
from docuvault.key_value.base import Storage
from docuvault.observability.metrics.base import MetricsSink

log = structlog.get_logger(__name__)

MODE_KEY = "fallback:mode"
OVERRIDE_KEY = "fallback:override"
# How long a process relies on the mode that it has read, and on the log while the mode stays.
_MODE_SECONDS = 1.0
_LOG_SECONDS = 60.0
_DAY_SECONDS = 24 * 3600.0

ModeCallback = Callable[[Transition], Awaitable[None]]

TransitionRecord = TypedDict(
    "TransitionRecord", {"timestamp": str, "from": str, "to": str, "reason": str}
)


class FallbackMetrics(TypedDict):
    """The figures of the mode."""

    current_mode: str
    is_degraded: bool
    total_transitions: int
    recent_transitions: list[TransitionRecord]


@dataclass(frozen=True, slots=True)
class ModeStatus:
    """The mode in force, why, since when, and until when a person's choice holds."""

    mode: Mode
    reason: str
    since: datetime
    overridden_until: datetime | None


class FallbackManager:
    """Knows the mode, decides it when told the facts, and remembers its changes.

    A storage outage stops nothing: each process goes on with what it knows. Only people's choices
    need the storage, since they concern all processes.
    """

    def __init__(
        self,
        storage: Storage,
        policy: FallbackPolicy,
        circuit: CircuitBreaker,
        metrics: MetricsSink,
        settings: FallbackSettings,
        clock: Clock = utc_now,
    ) -> None:
        self.circuit = circuit
        self._storage = storage
        self._policy = policy
        self._metrics = metrics
        self._recover_seconds = settings.recover_seconds
        self._clock = clock
        self._entry = SharedEntry(storage, MODE_KEY)
        self._log = TransitionLog(storage, expire=settings.transition_days * _DAY_SECONDS)
        self._callbacks: defaultdict[Mode, list[ModeCallback]] = defaultdict(list)
        self._standing = Standing(since=clock())
        self._read_at = -float("inf")
        self._override: Override | None = None
        self._latest: list[Transition] = []
        self._latest_of: tuple[datetime, float, int] | None = None

    async def cascade(self, facts: Facts) -> Mode:
        """Decide the mode: the worst that a condition asks for, at once, and better ones later."""
        decision, now = self._policy.decide(facts), self._clock()
        override = await self._find_override()

        def decide(known: Known) -> Known:
            standing = Standing.read(known, now)
            decided = standing.after(decision, now, self._recover_seconds)
            return decided.under(override, now).written()

        await self._log.flush()
        return await self._follow(await self._entry.change(decide))

    async def get_current_mode(self) -> Mode:
        """The mode in force, as it was within the last second."""
        if time.monotonic() - self._read_at >= _MODE_SECONDS:
            self._learn(Standing.read(await self._entry.read(), self._standing.since))
        return self._standing.mode

    def get_mode_string(self) -> str:
        """The mode that this process has seen last."""
        return self._standing.mode.value

    def is_degraded(self) -> bool:
        """Whether the mode that this process has seen last is less than everything."""
        return self._standing.mode is not Mode.PRIMARY

    async def has_trial(self) -> bool:
        """Whether the provider that was left out is to be tried; never against a person's will."""
        if not await self.circuit.has_trial():
            return False
        override = await self._find_override()
        return override is None or override.mode is Mode.PRIMARY

    async def take_trial(self) -> bool:
        """Take that trial; its taker must tell the circuit how it went."""
        return await self.has_trial() and await self.circuit.take_trial()

    async def get_status(self) -> ModeStatus:
        """The mode in force with its reason."""
        await self.get_current_mode()
        override = await self._find_override()
        return ModeStatus(
            mode=self._standing.mode,
            reason=self._standing.reason,
            since=self._standing.since,
            overridden_until=override.until if override else None,
        )

    async def set_mode(
        self, mode: Mode | str, reason: str = "Set by hand.", expire: float | None = None
    ) -> None:
        """Put a person's choice in force, for `expire` seconds or until it is taken back.

        Raises `DependencyUnavailable` while the storage is away: all processes have to know.
        """
        until = None if expire is None else self._clock() + timedelta(seconds=expire)
        override = Override(mode=Mode(mode), reason=reason, until=until)
        await self._storage.set(OVERRIDE_KEY, override.model_dump(mode="json"), expire=expire)
        await self._put_in_force(override)

    async def clear_override(self) -> None:
        """Take a person's choice back; raises `DependencyUnavailable` as `set_mode` does."""
        await self._storage.delete(OVERRIDE_KEY)
        await self._put_in_force(None)

    def register_mode_callback(self, mode: Mode, callback: ModeCallback) -> None:
        """Call this in the process that changes to the mode; its faults are logged, not raised."""
        self._callbacks[mode].append(callback)

    async def get_transitions_log(self, limit: int = 10) -> list[TransitionRecord]:
        """The latest changes of all processes, the newest first."""
        await self.get_current_mode()
        return [_record(transition) for transition in await self._recent(limit)]

    async def get_metrics(self) -> FallbackMetrics:
        """The mode and its changes in figures."""
        recent = await self.get_transitions_log()
        return FallbackMetrics(
            current_mode=self.get_mode_string(),
            is_degraded=self.is_degraded(),
            total_transitions=await self._log.count(),
            recent_transitions=recent,
        )

    async def _put_in_force(self, override: Override | None) -> None:
        now = self._clock()
        self._override = override
        await self._follow(
            await self._entry.change(
                lambda known: Standing.read(known, now).under(override, now).written()
            )
        )

    async def _find_override(self) -> Override | None:
        """A person's choice; the one last seen while the storage is away and it still holds."""
        try:
            found = await self._storage.get(OVERRIDE_KEY)
            self._override = None if found is None else Override.model_validate(found)
        except DependencyUnavailable:
            until = self._override.until if self._override else None
            if until is not None and until <= self._clock():
                self._override = None
        except (CorruptValue, ValidationError):
            log.warning("fallback.override_unreadable")
            self._override = None
        return self._override

    async def _follow(self, written: Written) -> Mode:
        """Learn what is in force now; whoever has changed the mode says so, once."""
        now = self._clock()
        after = Standing.read(written.after, now)
        before = Standing.read(written.before, now).mode
        self._learn(after)
        if written.changed and before is not after.mode:
            await self._tell(Transition(after.since, before, after.mode, after.reason))
        return after.mode

    async def _tell(self, transition: Transition) -> None:
        tags = {"from": transition.before.value, "to": transition.after.value}
        log.warning("fallback.mode_changed", **tags, reason=transition.reason)
        self._metrics.emit_counter("fallback_transitions_total", 1, tags)
        await self._log.append(transition)
        for callback in self._callbacks[transition.after]:
            try:
                await callback(transition)
            except Exception:
                log.exception("fallback.callback_failed", mode=transition.after.value)

    def _learn(self, standing: Standing) -> None:
        self._standing = standing
        self._read_at = time.monotonic()
        self._metrics.emit("fallback_mode", MODE_ORDER.index(standing.mode))

    async def _recent(self, limit: int) -> list[Transition]:
        """Looking for all keys is dear with many others about, so it is done once per change."""
        now, since = time.monotonic(), self._standing.since
        if self._latest_of is not None:
            known_since, read_at, known_limit = self._latest_of
            if known_since == since and now - read_at < _LOG_SECONDS and limit <= known_limit:
                return self._latest[:limit]
        self._latest = await self._log.latest(limit)
        # Whoever changed the mode writes that down a moment later; until then more is to come.
        is_whole = bool(self._latest) and self._latest[0].at >= since
        is_old = self._clock() - since > timedelta(seconds=_LOG_SECONDS)
        if is_whole or is_old or self._standing.reason == BEGINNING:
            self._latest_of = (since, now, limit)
        return self._latest


def _record(transition: Transition) -> TransitionRecord:
    return TransitionRecord(
        {
            "timestamp": transition.at.isoformat(timespec="microseconds"),
            "from": transition.before.value,
            "to": transition.after.value,
            "reason": transition.reason,
        }
    )
