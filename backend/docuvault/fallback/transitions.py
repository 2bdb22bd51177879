"""The log of changes of the mode: one key each, so that no process overwrites another's."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from pydantic import JsonValue

from docuvault.domain.errors import CorruptValue, DependencyUnavailable
from docuvault.domain.modes import Mode
from docuvault.key_value.base import Storage

log = structlog.get_logger(__name__)

PREFIX = "fallback:transition:"
# What a process remembers of its own changes while they cannot be written.
_KEPT = 100


@dataclass(frozen=True, slots=True)
class Transition:
    """One change of the mode: when, from what, to what, and why."""

    at: datetime
    before: Mode
    after: Mode
    reason: str


class TransitionLog:
    """Appends changes and lists the latest; an outage delays what is written, and loses nothing.

    Keys end in the moment in UTC, so they sort by time.
    """

    def __init__(self, storage: Storage, *, expire: float) -> None:
        self._storage = storage
        self._expire = expire
        self._unwritten: deque[Transition] = deque(maxlen=_KEPT)

    async def append(self, transition: Transition) -> None:
        """Keep a change; while the storage is away it waits for `flush`."""
        self._unwritten.append(transition)
        await self.flush()

    async def flush(self) -> None:
        """Write what could not be written before."""
        while self._unwritten:
            try:
                await self._write(self._unwritten[0])
            except DependencyUnavailable as error:
                log.debug("fallback.storage_away", code=error.code.value)
                return
            self._unwritten.popleft()

    async def latest(self, limit: int) -> list[Transition]:
        """The latest changes of all processes, the newest first."""
        found = list(self._unwritten)
        try:
            for key in sorted([key async for key in self._storage.scan(PREFIX)], reverse=True):
                if len(found) >= limit + len(self._unwritten):
                    break
                transition = await self._read(key)
                if transition is not None:
                    found.append(transition)
        except DependencyUnavailable as error:
            log.debug("fallback.storage_away", code=error.code.value)
        return sorted(found, key=lambda transition: transition.at, reverse=True)[:limit]

    async def count(self) -> int:
        """How many changes are remembered."""
        written = 0
        try:
            written = len([key async for key in self._storage.scan(PREFIX)])
        except DependencyUnavailable as error:
            log.debug("fallback.storage_away", code=error.code.value)
        return written + len(self._unwritten)

    async def _write(self, transition: Transition) -> None:
        value: dict[str, JsonValue] = {
            "from": transition.before,
            "to": transition.after,
            "reason": transition.reason,
        }
        at = transition.at
        while not await self._storage.add_if_absent(_key(at), value, expire=self._expire):
            if await self._storage.get(_key(at)) == value:
                # An earlier try arrived and lost only its answer.
                return
            # Two changes of one microsecond are still two.
            at += timedelta(microseconds=1)

    async def _read(self, key: str) -> Transition | None:
        try:
            value = await self._storage.get(key)
            if not isinstance(value, Mapping):
                return None
            return Transition(
                at=datetime.fromisoformat(key.removeprefix(PREFIX)),
                before=Mode(str(value["from"])),
                after=Mode(str(value["to"])),
                reason=str(value["reason"]),
            )
        except (CorruptValue, KeyError, ValueError):
            log.warning("fallback.transition_unreadable", key=key)
            return None


def _key(at: datetime) -> str:
    return PREFIX + at.isoformat(timespec="microseconds")
