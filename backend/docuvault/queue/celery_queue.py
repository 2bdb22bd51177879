"""The Celery driver of the queue port: hints over Redis, given up quickly when it is away."""

import asyncio
import time

import structlog
from celery import Celery
from kombu.exceptions import KombuError, OperationalError
from redis.exceptions import RedisError

from docuvault.queue.base import CanaryTask, PurgeTask, Task, TaskQueue
from docuvault.queue.names import CANARY_TASK, DOCUMENTS_QUEUE, PURGE_TASK, STAGE_TASKS

log = structlog.get_logger(__name__)

# While the broker is known to be away, hints are left to the sweeper without trying.
_QUIET_SECONDS = 10.0


class CeleryQueue(TaskQueue):
    """Publishes from a worker thread, since the Celery client blocks."""

    def __init__(self, app: Celery, publish_timeout: float) -> None:
        self._app = app
        self._timeout = publish_timeout
        self._quiet_until = 0.0
        self._is_warm = False
        self._late: set[asyncio.Task[bool]] = set()
        self._app.conf.broker_transport_options |= {
            "socket_timeout": publish_timeout,
            "socket_connect_timeout": publish_timeout,
        }
        self._app.conf.broker_connection_timeout = publish_timeout

    async def send(self, task: Task) -> bool:
        """Publish once, without retries; what takes long goes on in the background.

        One caller finds out that the broker is slow; those that come meanwhile do not try.
        """
        if self._late or time.monotonic() < self._quiet_until:
            return False
        sending = asyncio.create_task(self._send(*_message(task)), name="send-hint")
        # The first one loads and connects what later ones find ready.
        patience = self._timeout if self._is_warm else self._timeout * 4
        await asyncio.wait({sending}, timeout=patience)
        if sending.done():
            return sending.result()
        self._late.add(sending)
        sending.add_done_callback(self._late.discard)
        return False

    async def _send(self, name: str, arguments: list[str]) -> bool:
        try:
            await asyncio.wait_for(
                asyncio.to_thread(self._app.send_task, name, args=arguments, retry=False),
                timeout=self._timeout * 4,
            )
        except (OperationalError, KombuError, RedisError, OSError, TimeoutError) as error:
            self._quiet_until = time.monotonic() + _QUIET_SECONDS
            log.warning("queue.publish_failed", task=name, reason=type(error).__name__)
            return False
        self._is_warm = True
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
        await asyncio.gather(*self._late, return_exceptions=True)
        await asyncio.to_thread(self._app.close)


def _message(task: Task) -> tuple[str, list[str]]:
    """The name of the Celery task, and its arguments."""
    match task:
        case CanaryTask():
            return CANARY_TASK, []
        case PurgeTask():
            return PURGE_TASK, [str(task.document_id)]
        case _:
            return STAGE_TASKS[task.stage], [str(task.document_id)]
