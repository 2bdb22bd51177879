"""Whether any worker is alive: something must have moved lately, or a canary have come through."""

import time
from datetime import datetime, timedelta

from docuvault.db.repositories.backlog import Backlog
from docuvault.domain.errors import DependencyUnavailable
from docuvault.health.backlog import BacklogReader
from docuvault.health.base import WORKS, BaseHealthCheck, Finding, degraded
from docuvault.health.wording import steps_waiting

# So many canaries may be missed before somebody is told.
_MISSED = 3


class WorkerHealthCheck(BaseHealthCheck):
    """Signs of life are a canary that came through, a stage that ended, and a renewed lease.

    A process that has only just begun to watch is `patient`: the workers may be starting too.
    """

    def __init__(
        self,
        backlog: BacklogReader,
        *,
        canary_seconds: float,
        lease_seconds: float,
        timeout_seconds: float,
        patient: bool = True,
    ) -> None:
        super().__init__(
            "worker",
            works="Uploads, downloads and search of what has been read work.",
            timeout_seconds=timeout_seconds,
        )
        self._backlog = backlog
        self._longest = _MISSED * canary_seconds
        self._lease = timedelta(seconds=lease_seconds)
        self._patient_until = time.monotonic() + self._longest if patient else 0.0

    async def _perform_check(self) -> Finding:
        try:
            backlog = await self._backlog.read()
        except DependencyUnavailable:
            return degraded("Cannot be told while the database does not answer.")
        moved = self._moved_at(backlog)
        if moved is not None and (backlog.now - moved).total_seconds() <= self._longest:
            return WORKS
        if time.monotonic() < self._patient_until:
            return WORKS
        since = f"since {moved:%Y-%m-%d %H:%M} UTC" if moved else "yet"
        waiting = f"; {steps_waiting(backlog.waiting)}" if backlog.waiting else ""
        return degraded(
            f"No worker has answered {since}{waiting}: new documents are stored, but not read."
        )

    def _moved_at(self, backlog: Backlog) -> datetime | None:
        """The newest sign of life; a lease was renewed its whole length before it ends."""
        renewed = backlog.lease_until - self._lease if backlog.lease_until else None
        signs = [sign for sign in (backlog.seen_at, backlog.worked_at, renewed) if sign]
        return max(signs, default=None)
