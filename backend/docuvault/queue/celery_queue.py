"""The Celery driver of the queue port: hints over Redis, given up quickly when it is away."""

import asyncio
import time

import structlog
from celery import Celery
from kombu.exceptions import KombuError, OperationalError
from redis.exceptions import RedisError

from docuvault.queue.base import PurgeTask, Task, TaskQueue
from docuvault.queue.names import DOCUMENTS_QUEUE, PURGE_TASK, STAGE_TASKS

log = structlog.get_logger(__name__)

# While the broker is known to be away, hints are left to the sweeper without trying.
_QUIET_SECONDS = 10.0


class CeleryQueue(TaskQueue):
    """Publishes from a worker thread, since the Celery client blocks."""

    def __init__(self, app: Celery, publish_timeout: float) -> None:
        self._app = app
        self._timeout = publish_timeout
        self._quiet_until = 0.0
        self._app.conf.broker_transport_options |= {
            "socket_timeout": publish_timeout,
            "socket_connect_timeout": publish_timeout,
        }
        self._app.conf.broker_connection_timeout = publish_timeout

    async def send(self, task: Task) -> bool:
        """Publish once, without retries."""
        if time.monotonic() < self._quiet_until:
            return False
        name = PURGE_TASK if isinstance(task, PurgeTask) else STAGE_TASKS[task.stage]
        try:
            await asyncio.wait_for(
                asyncio.to_thread(
                    self._app.send_task, name, args=[str(task.document_id)], retry=False
                ),
                timeout=self._timeout * 4,
            )
        except (OperationalError, KombuError, RedisError, OSError, TimeoutError) as error:
            self._quiet_until = time.monotonic() + _QUIET_SECONDS
            log.warning("queue.publish_failed", task=name, reason=type(error).__name__)
            return False
        return True

    async def waiting(self) -> int:
        """Ask the broker for the length of the queue."""
        if time.monotonic() < self._quiet_until:
            return 0
        try:
            return await asyncio.wait_for(
                asyncio.to_thread(self._length), timeout=self._timeout * 4
            )
        except (OperationalError, KombuError, RedisError, OSError, TimeoutError) as error:
            self._quiet_until = time.monotonic() + _QUIET_SECONDS
            log.warning("queue.length_unknown", reason=type(error).__name__)
            return 0

    def _length(self) -> int:
        with self._app.connection_for_read() as connection:
            # Not the passive kind: behind a key prefix it finds no queue at all (kombu 5.7).
            return int(connection.default_channel.queue_declare(DOCUMENTS_QUEUE).message_count)

    async def close(self) -> None:
        """Close the pool of connections."""
        await asyncio.to_thread(self._app.close)
