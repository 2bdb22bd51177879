"""Whether the database answers and has the tables of this version."""

from docuvault.clients.connections import observe_connection
from docuvault.db import schema
from docuvault.db.session import Database
from docuvault.health.base import WORKS, BaseHealthCheck, Finding, unhealthy
from docuvault.observability.metrics.base import MetricsSink
from docuvault.observability.metrics.null import NullSink


class DatabaseHealthCheck(BaseHealthCheck):
    """One round trip, which reads the revision of the schema."""

    def __init__(
        self,
        database: Database,
        *,
        timeout_seconds: float,
        metrics: MetricsSink | None = None,
    ) -> None:
        super().__init__(
            "database",
            critical=True,
            suffers="Nothing can be stored, listed or searched.",
            timeout_seconds=timeout_seconds,
        )
        self._database = database
        self._metrics = metrics or NullSink()
        self._wanted = schema.newest_revision()

    async def _perform_check(self) -> Finding:
        with observe_connection(self._metrics, "database", "async", "health"):
            async with self._database.reading() as session:
                found = await schema.recorded_revision(session)
        if found != self._wanted:
            return unhealthy(
                "The tables are those of another version: run `docuvault db upgrade`, or start the"
                " version that they belong to."
            )
        return WORKS
