"""Whether the object storage answers, may be written to, and is the one of this vault."""

from docuvault.clients.connections import observe_connection
from docuvault.domain.errors import DependencyUnavailable, ErrorCode
from docuvault.health.base import SILENT, WORKS, BaseHealthCheck, Finding
from docuvault.object_storage.guarded import GuardedStorage
from docuvault.observability.metrics.base import MetricsSink
from docuvault.observability.metrics.null import NullSink


class ObjectStorageHealthCheck(BaseHealthCheck):
    """A storage that bears another mark, or none, counts as away: it must not be worked on."""

    def __init__(
        self,
        storage: GuardedStorage,
        *,
        timeout_seconds: float,
        metrics: MetricsSink | None = None,
    ) -> None:
        super().__init__(
            "storage",
            critical=True,
            suffers="Originals can be neither stored nor fetched.",
            works="Lists, search and the text of documents work.",
            timeout_seconds=timeout_seconds,
        )
        self._storage = storage
        self._metrics = metrics or NullSink()

    async def _perform_check(self) -> Finding:
        with observe_connection(self._metrics, "object_storage", "async", "health"):
            if not await self._storage.health_check():
                raise DependencyUnavailable(ErrorCode.STORAGE_UNAVAILABLE, SILENT.message)
            await self._storage.require_own()
        return WORKS
