"""The canary: sent when one is due, whoever asks; noted when it comes through."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from docuvault.db.repositories.backlog import Backlog, read_backlog
from docuvault.db.session import Database
from docuvault.pipeline.canary import Canaries
from docuvault.queue.base import CanaryTask, Task, TaskQueue
from tests.contract.databases import open_database
from tests.servers.postgres import PostgresServer


class Notebook(TaskQueue):
    """Remembers what was sent, while it takes anything."""

    def __init__(self) -> None:
        self.sent: list[Task] = []
        self.takes = True

    async def send(self, task: Task) -> bool:
        if self.takes:
            self.sent.append(task)
        return self.takes

    async def waiting(self) -> int:
        return 0

    async def close(self) -> None:
        """Nothing is held."""


@pytest.fixture
async def database(tmp_path: Path, postgres: PostgresServer) -> AsyncIterator[Database]:
    async with open_database("sqlite", tmp_path, postgres) as database:
        yield database


async def look(database: Database) -> Backlog:
    async with database.reading() as session:
        return await read_backlog(session)


async def test_one_is_sent_per_interval_however_many_sweeps_there_are(database: Database) -> None:
    queue = Notebook()
    one, other = Canaries(database, queue, 60), Canaries(database, queue, 60)

    assert await one.send_if_due()
    assert not await one.send_if_due()
    assert not await other.send_if_due()
    assert await Canaries(database, queue, 0).send_if_due()

    assert queue.sent == [CanaryTask()] * 2
    assert (await look(database)).seen_at is None


async def test_one_that_the_queue_did_not_take_was_not_sent(database: Database) -> None:
    queue = Notebook()
    canaries = Canaries(database, queue, 60)
    queue.takes = False
    assert not await canaries.send_if_due()
    assert (await look(database)).sent_at is None

    queue.takes = True
    assert await canaries.send_if_due()
    assert (await look(database)).sent_at is not None


async def test_one_that_comes_through_is_noted(database: Database) -> None:
    canaries = Canaries(database, Notebook(), 60)

    await canaries.note_seen()
    first = (await look(database)).seen_at
    assert first is not None
    await canaries.note_seen()

    last = (await look(database)).seen_at
    assert last is not None
    assert last > first
