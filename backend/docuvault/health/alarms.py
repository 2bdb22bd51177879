"""Alarms of monitoring outside: parts that we cannot ask, shared by all processes."""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from docuvault.domain.errors import Conflict, CorruptValue, DependencyUnavailable, ErrorCode
from docuvault.domain.health import HealthStatus
from docuvault.health.base import Finding
from docuvault.health.checks.component import ComponentHealthCheck
from docuvault.key_value.base import Storage

PREFIX = "health:external:"
# Who knows the secret may still be a broken monitor.
MOST_ALARMS = 20
_LONGEST_NAME = 60
# What another process has heard is known here after so long.
_FRESH_SECONDS = 1.0

_UNNAMED = re.compile(r"[\W_]+")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Alarm:
    """What monitoring outside says of one part; `source` names who says it."""

    source: str
    subject: str
    status: HealthStatus

    @property
    def name(self) -> str:
        """The part's name among ours, such as `datadog:disk-latency`."""
        clean = _UNNAMED.sub("-", self.subject.lower()).strip("-")[:_LONGEST_NAME].rstrip("-")
        return f"{self.source}:{clean or 'unnamed'}"


class ExternalAlarms:
    """Alarms live in the key-value storage; while that is away, each process goes on with its own.

    An alarm that is never lifted ends after `expire_seconds`.
    """

    def __init__(
        self,
        storage: Storage,
        expire_seconds: float,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._storage = storage
        self._expire_seconds = expire_seconds
        self._clock = clock
        self._read_at = -float("inf")
        self._checks: dict[str, ComponentHealthCheck] = {}
        # Until when a known alarm counts, by this process's clock, should the storage be away.
        self._until: dict[str, float] = {}

    async def sound(self, alarm: Alarm) -> None:
        """Note the alarm for everybody.

        Raises `Conflict(too_many_requests)` while too many others sound, and
        `DependencyUnavailable`: then it should be sent again.
        """
        key = PREFIX + alarm.name
        known = {found async for found in self._storage.scan(PREFIX)}
        if key not in known and len(known) >= MOST_ALARMS:
            raise Conflict(
                ErrorCode.TOO_MANY_REQUESTS, f"{MOST_ALARMS} other alarms sound already."
            )
        await self._storage.set(
            key,
            {"source": alarm.source, "status": alarm.status.value},
            expire=self._expire_seconds,
        )
        self._read_at = -float("inf")
        log.info("health.alarm", component=alarm.name, status=alarm.status.value)

    async def lift(self, alarm: Alarm) -> None:
        """The part is well again; raises `DependencyUnavailable`."""
        await self._storage.delete(PREFIX + alarm.name)
        self._read_at = -float("inf")
        log.info("health.alarm_withdrawn", component=alarm.name)

    async def checks(self) -> Sequence[ComponentHealthCheck]:
        """One check for each alarm that sounds; never raises."""
        if self._clock() - self._read_at >= _FRESH_SECONDS:
            try:
                await self._refresh()
            except DependencyUnavailable:
                self._forget_expired()
            self._read_at = self._clock()
        return list(self._checks.values())

    async def _refresh(self) -> None:
        keys = sorted([key async for key in self._storage.scan(PREFIX)])[:MOST_ALARMS]
        sounding: dict[str, ComponentHealthCheck] = {}
        for key in keys:
            finding = await self._finding(key)
            if finding is None:
                continue
            name = key.removeprefix(PREFIX)
            check = self._checks.get(name) or _check(name)
            check.set(finding)
            sounding[name] = check
        self._checks = sounding
        self._until = dict.fromkeys(sounding, self._clock() + self._expire_seconds)

    async def _finding(self, key: str) -> Finding | None:
        try:
            return _read(await self._storage.get(key))
        except CorruptValue:
            return None

    def _forget_expired(self) -> None:
        now = self._clock()
        self._checks = {
            name: check for name, check in self._checks.items() if self._until[name] > now
        }


def _check(name: str) -> ComponentHealthCheck:
    return ComponentHealthCheck(name, works="Look there; the vault itself goes on.")


def _read(entry: Any) -> Finding | None:
    """What was kept; None for what is gone by now or none of ours."""
    try:
        status = HealthStatus(entry["status"])
        source = str(entry["source"])
    except (TypeError, KeyError, ValueError):
        return None
    words = "an outage" if status is HealthStatus.UNHEALTHY else "trouble"
    return Finding(status, f"{source.capitalize()} reports {words} here.")
