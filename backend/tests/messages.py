"""Messages that nobody should send to the workers: doubled, shuffled, stale, hostile."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from celery import Celery
from pydantic import SecretStr

from docuvault.config.settings import QueueSettings, RedisSettings, Settings
from docuvault.domain.documents import Stage
from docuvault.queue.celery_app import create_celery_app
from docuvault.queue.names import DOCUMENTS_QUEUE, PURGE_TASK, STAGE_TASKS

_TIMES = 3


@contextmanager
def broker_of(redis_url: str) -> Iterator[Celery]:
    """Somebody else who sends messages to the workers."""
    app = create_celery_app(
        Settings(
            redis=RedisSettings(url=SecretStr(redis_url)), queue=QueueSettings(driver="celery")
        )
    )
    yield app
    app.close()


def flood(broker: Celery, rng: random.Random, document_ids: Sequence[str], trap: Path) -> None:
    """Every hint about these documents three times, shuffled, among rubbish.

    Whoever unpickles what it is sent makes the file `trap`.
    """
    messages = [
        (STAGE_TASKS[stage], document_id)
        for document_id in document_ids
        for stage in Stage
        for _ in range(_TIMES)
    ]
    messages += [(PURGE_TASK, document_id) for document_id in document_ids]
    messages += [(task, str(uuid4())) for task in (*STAGE_TASKS.values(), PURGE_TASK)]
    messages += [
        (STAGE_TASKS[Stage.EXTRACT], "no id at all"),
        ("docuvault.unknown", str(uuid4())),
    ]
    rng.shuffle(messages)
    for task, argument in messages:
        broker.send_task(task, args=[argument])
    broker.send_task(STAGE_TASKS[Stage.EXTRACT])
    pickled = b"cposix\nsystem\n(S'touch %s'\ntR." % str(trap).encode()
    with broker.connection_for_write() as connection:
        producer = connection.Producer()
        for body, kind in (
            (pickled, "application/x-python-serialize"),
            (b"{", "text/plain"),
            (b"{", "application/json"),
        ):
            producer.publish(
                body, routing_key=DOCUMENTS_QUEUE, content_type=kind, content_encoding="binary"
            )


def waiting_messages(broker: Celery) -> int:
    """How many messages no worker has taken yet."""
    with broker.connection_for_read() as connection:
        return int(connection.default_channel.client.llen(DOCUMENTS_QUEUE))
