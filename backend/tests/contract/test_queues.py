"""Task queues: hints reach a worker, and a queue that is away delays nobody."""

import asyncio
import json
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from queue import Empty
from uuid import UUID, uuid4

import pytest
from celery import Celery
from kombu.connection import Connection
from pydantic import SecretStr

from docuvault.config.settings import QueueSettings, RedisSettings, Settings
from docuvault.domain.documents import Stage
from docuvault.domain.errors import ConfigurationError
from docuvault.queue.base import CanaryTask, PurgeTask, StageTask, Task, TaskQueue
from docuvault.queue.celery_app import create_celery_app
from docuvault.queue.celery_queue import CeleryQueue
from docuvault.queue.local import LocalQueue
from docuvault.queue.names import CANARY_TASK, DOCUMENTS_QUEUE, PURGE_TASK, STAGE_TASKS
from docuvault.queue.pending import PendingTasks
from tests.servers.process import free_port
from tests.servers.valkey import ValkeyServer, valkey_server

PATIENCE = 10
Received = Callable[[int], Awaitable[list[Task]]]


def settings_of(url: str) -> Settings:
    return Settings(
        redis=RedisSettings(url=SecretStr(url)),
        queue=QueueSettings(driver="celery", publish_timeout=0.25),
    )


def messages(app: Celery, count: int) -> list[Task]:
    """What lies in the broker, taken out as a worker would."""
    names = {name: stage for stage, name in STAGE_TASKS.items()}
    found: list[Task] = []
    with app.connection_for_read() as connection:
        queue = connection.SimpleQueue(DOCUMENTS_QUEUE)
        try:
            for _ in range(count):
                message = queue.get(timeout=PATIENCE)
                ids = [UUID(text) for text in json.loads(message.body)[0]]
                name = message.headers["task"]
                message.ack()
                if name == CANARY_TASK:
                    assert ids == []
                    found.append(CanaryTask())
                elif name == PURGE_TASK:
                    found.append(PurgeTask(*ids))
                else:
                    found.append(StageTask(ids[0], names[name]))
            with pytest.raises(Empty):
                queue.get_nowait()
        finally:
            queue.close()
    return found


class Desk:
    """A queue, and what arrives at its other end."""

    def __init__(self, queue: TaskQueue, received: Received) -> None:
        self.queue = queue
        self.received = received


@pytest.fixture(params=["local", "celery"])
async def desk(request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    if request.param == "local":
        local = LocalQueue(1)
        arrived: asyncio.Queue[Task] = asyncio.Queue()

        async def received(count: int) -> list[Task]:
            local.start(arrived.put)
            async with asyncio.timeout(PATIENCE):
                return [await arrived.get() for _ in range(count)]

        yield Desk(local, received)
        await local.close()
        return
    valkey: ValkeyServer = request.getfixturevalue("valkey")
    app = create_celery_app(settings_of(valkey.database_url(7)))
    celery = CeleryQueue(app, 1.0)
    yield Desk(celery, lambda count: asyncio.to_thread(messages, app, count))
    await celery.close()


async def test_every_hint_arrives_in_its_order(desk: Desk) -> None:
    document_id = uuid4()
    sent: list[Task] = [
        *(StageTask(document_id, stage) for stage in Stage),
        PurgeTask(document_id),
        CanaryTask(),
        StageTask(uuid4(), Stage.EXTRACT),
    ]

    assert [await desk.queue.send(task) for task in sent] == [True] * 6

    assert await desk.received(6) == sent


async def test_many_senders_at_the_same_time(desk: Desk) -> None:
    sent = [StageTask(uuid4(), Stage.EXTRACT) for _ in range(30)]

    assert all(await asyncio.gather(*(desk.queue.send(task) for task in sent)))

    assert sorted(await desk.received(30), key=str) == sorted(sent, key=str)


async def test_a_queue_knows_how_many_wait(desk: Desk) -> None:
    assert await desk.queue.waiting() == 0
    for _ in range(3):
        await desk.queue.send(StageTask(uuid4(), Stage.EXTRACT))
    assert await desk.queue.waiting() == 3

    await desk.received(3)

    assert await desk.queue.waiting() == 0


async def test_pending_hints_are_sent_once_and_only_when_flushed(desk: Desk) -> None:
    one, other = StageTask(uuid4(), Stage.EMBED), PurgeTask(uuid4())
    dropped = PendingTasks()
    dropped.add(PurgeTask(uuid4()))
    pending = PendingTasks()
    pending.add(one)
    pending.add(other)

    await pending.flush(desk.queue)
    await pending.flush(desk.queue)

    assert await desk.received(2) == [one, other]


# --- inside one process ---------------------------------------------------------------------------


async def test_a_waiting_hint_is_not_doubled_and_a_later_one_counts() -> None:
    queue, handled = LocalQueue(1), []
    task, entered, go_on = StageTask(uuid4(), Stage.EXTRACT), asyncio.Event(), asyncio.Event()

    async def handle(found: Task) -> None:
        handled.append(found)
        entered.set()
        await go_on.wait()

    for _ in range(5):
        await queue.send(task)
    queue.start(handle)
    await entered.wait()
    # What comes while it is worked on may be news.
    await queue.send(task)
    await queue.send(task)
    go_on.set()
    async with asyncio.timeout(PATIENCE):
        while len(handled) < 2:
            await asyncio.sleep(0.005)
    await asyncio.sleep(0.05)
    assert handled == [task, task]
    await queue.close()


async def test_no_more_run_at_the_same_time_than_allowed() -> None:
    queue, running, most = LocalQueue(3), 0, 0
    done = asyncio.Event()
    left = 12

    async def handle(_: Task) -> None:
        nonlocal running, most, left
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.005)
        running -= 1
        left -= 1
        if left == 0:
            done.set()

    queue.start(handle)
    for _ in range(12):
        await queue.send(StageTask(uuid4(), Stage.EXTRACT))
    async with asyncio.timeout(PATIENCE):
        await done.wait()
    await queue.close()
    assert most == 3


async def test_a_failing_handler_does_not_stop_the_queue() -> None:
    queue, handled = LocalQueue(1), asyncio.Event()
    bad, good = PurgeTask(uuid4()), PurgeTask(uuid4())

    async def handle(task: Task) -> None:
        if task == bad:
            raise ZeroDivisionError
        handled.set()

    queue.start(handle)
    await queue.send(bad)
    await queue.send(good)
    async with asyncio.timeout(PATIENCE):
        await handled.wait()
    await queue.close()


async def test_closing_cancels_what_is_under_way() -> None:
    queue, entered = LocalQueue(2), asyncio.Event()
    cancelled = []

    async def handle(task: Task) -> None:
        entered.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(task)
            raise

    task = PurgeTask(uuid4())
    queue.start(handle)
    await queue.send(task)
    await entered.wait()
    async with asyncio.timeout(PATIENCE):
        await queue.close()
    assert cancelled == [task]


# --- over Redis -----------------------------------------------------------------------------------


async def quickness(queue: TaskQueue) -> tuple[bool, float]:
    started = time.monotonic()
    taken = await queue.send(StageTask(uuid4(), Stage.EXTRACT))
    return taken, time.monotonic() - started


async def test_a_broker_that_is_away_is_given_up_at_once_and_left_alone_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with valkey_server() as server:
        queue = CeleryQueue(create_celery_app(settings_of(server.url)), 0.25)
        async with asyncio.timeout(PATIENCE):
            # The first one loads what later ones find loaded.
            while not await queue.send(StageTask(uuid4(), Stage.EXTRACT)):
                await asyncio.sleep(0.01)
        for away, back in ((server.kill, server.start), (server.pause, server.resume)):
            away()
            taken, seconds = await quickness(queue)
            assert not taken
            assert seconds < 2
            for _ in range(20):
                taken, seconds = await quickness(queue)
                assert not taken
                assert seconds < 0.1
            back()
            monkeypatch.setattr(queue, "_quiet_until", 0.0)
            async with asyncio.timeout(PATIENCE):
                while not (await quickness(queue))[0]:
                    monkeypatch.setattr(queue, "_quiet_until", 0.0)
                    await asyncio.sleep(0.01)
        await queue.close()


@pytest.mark.parametrize("kind", ["nobody listens", "somebody else answers", "wrong password"])
async def test_a_broker_that_was_never_there_is_no_error(kind: str, valkey: ValkeyServer) -> None:
    with socket.socket() as stranger:
        stranger.bind(("127.0.0.1", 0))
        if kind == "nobody listens":
            url = f"redis://:x@127.0.0.1:{free_port()}/0"
        elif kind == "wrong password":
            url = f"redis://:wrong@127.0.0.1:{valkey.port}/0"
        else:
            stranger.listen()
            url = f"redis://:x@127.0.0.1:{stranger.getsockname()[1]}/0"
        queue = CeleryQueue(create_celery_app(settings_of(url)), 0.25)
        taken, seconds = await quickness(queue)
        assert not taken
        assert seconds < 3
        await queue.close()


async def test_a_fault_is_logged_without_the_password(capsys: pytest.CaptureFixture[str]) -> None:
    url = f"redis://:tr0ub4dor@127.0.0.1:{free_port()}/0"
    queue = CeleryQueue(create_celery_app(settings_of(url)), 0.25)

    assert not await queue.send(PurgeTask(uuid4()))
    await queue.close()

    told = capsys.readouterr()
    assert "queue.publish_failed" in told.out + told.err
    assert "tr0ub4dor" not in told.out + told.err


def test_how_messages_travel() -> None:
    conf = create_celery_app(settings_of("redis://:x@cache:6379/0")).conf

    assert conf.accept_content == ["json"]
    assert conf.task_serializer == "json"
    assert conf.task_acks_late
    assert conf.task_reject_on_worker_lost
    assert conf.worker_prefetch_multiplier == 1
    assert conf.task_ignore_result
    assert conf.result_backend is None
    assert not conf.worker_cancel_long_running_tasks_on_connection_loss
    assert conf.task_time_limit < conf.broker_transport_options["visibility_timeout"]
    assert conf.worker_hijack_root_logger is False


def test_workers_need_redis() -> None:
    with pytest.raises(ConfigurationError, match="REDIS_URL"):
        create_celery_app(Settings())


async def test_two_products_may_share_one_redis(valkey: ValkeyServer) -> None:
    """Everything lies under our own prefix."""
    app = create_celery_app(settings_of(valkey.database_url(8)))
    queue = CeleryQueue(app, 1.0)
    assert await queue.send(PurgeTask(uuid4()))

    with Connection(valkey.database_url(8)) as connection:  # type: ignore[no-untyped-call]
        names = await asyncio.to_thread(lambda: connection.default_channel.client.keys("*"))

    assert names
    assert all(name.startswith(b"docuvault:") for name in names)
    assert len(await asyncio.to_thread(messages, app, 1)) == 1
    await queue.close()
