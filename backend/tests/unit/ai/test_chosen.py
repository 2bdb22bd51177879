"""The classifier in force: rebuilt on change, old ones closed after their last call."""

import asyncio
from collections.abc import Sequence

import pytest

from docuvault.ai.base import ClassifiableDocument, Classification, TopicProfile
from docuvault.ai.choice import ProviderChoice
from docuvault.ai.chosen import ChosenClassifier
from docuvault.domain.errors import DependencyUnavailable, ErrorCode
from tests.unit.ai.making import BILL, TOPICS, document


class Shelf:
    """What is stored, as a test says; counts how often it was looked at."""

    def __init__(self, choice: ProviderChoice) -> None:
        self.choice = choice
        self.version = 1
        self.looks = 0
        self.is_away = False

    def put(self, choice: ProviderChoice) -> None:
        self.choice, self.version = choice, self.version + 1

    async def stamp(self) -> object:
        self.looks += 1
        if self.is_away:
            raise DependencyUnavailable(ErrorCode.DB_UNAVAILABLE)
        return self.version

    async def in_force(self) -> ProviderChoice:
        return self.choice


class Recorder:
    """A classifier that waits until it may answer."""

    def __init__(self, choice: ProviderChoice) -> None:
        self.choice = choice
        self.calls = 0
        self.closed = 0
        self.begun = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def classify(
        self, document: ClassifiableDocument, topics: Sequence[TopicProfile]
    ) -> Classification:
        self.calls += 1
        self.begun.set()
        await self.may_answer.wait()
        assert not self.closed, "closed in the middle of a call"
        return Classification(())

    async def ping(self) -> None:
        self.calls += 1

    async def close(self) -> None:
        self.closed += 1


LOCAL = ProviderChoice("local")
REMOTE = ProviderChoice("openai", "m", "https://models.example.org", is_stored=True)


def chosen_over(
    shelf: Shelf, made: list[Recorder], *, look_up_seconds: float = 0
) -> ChosenClassifier:
    def create(choice: ProviderChoice) -> Recorder:
        made.append(Recorder(choice))
        return made[-1]

    return ChosenClassifier(shelf, create, look_up_seconds=look_up_seconds)


async def test_it_follows_what_is_stored() -> None:
    shelf, made = Shelf(LOCAL), list[Recorder]()
    chosen = chosen_over(shelf, made)
    await chosen.classify(document(BILL), TOPICS)
    await chosen.ping()
    assert await chosen.choice() == LOCAL
    shelf.put(REMOTE)
    assert await chosen.choice() == REMOTE
    await chosen.classify(document(BILL), TOPICS)
    assert [(each.choice, each.calls, each.closed) for each in made] == [
        (LOCAL, 2, 1),
        (REMOTE, 1, 0),
    ]
    await chosen.close()
    assert [each.closed for each in made] == [1, 1]


async def test_the_old_one_is_closed_after_its_last_call() -> None:
    shelf, made = Shelf(LOCAL), list[Recorder]()
    chosen = chosen_over(shelf, made)
    await chosen.choice()
    old = made[0]
    old.may_answer.clear()
    calls = [asyncio.create_task(chosen.classify(document(BILL), TOPICS)) for _ in range(2)]
    await old.begun.wait()
    shelf.put(REMOTE)
    assert await chosen.choice() == REMOTE
    assert old.closed == 0
    old.may_answer.set()
    await asyncio.gather(*calls)
    assert old.closed == 1
    await chosen.close()


async def test_many_calls_make_one_look_and_one_classifier() -> None:
    shelf, made = Shelf(LOCAL), list[Recorder]()
    chosen = chosen_over(shelf, made, look_up_seconds=3600)
    await asyncio.gather(*(chosen.classify(document(BILL), TOPICS) for _ in range(20)))
    shelf.put(REMOTE)
    assert await chosen.choice() == LOCAL, "not looked at again so soon"
    assert (shelf.looks, len(made), made[0].calls) == (1, 1, 20)
    await chosen.close()


async def test_while_nobody_can_look_all_stays_as_it_was() -> None:
    shelf, made = Shelf(REMOTE), list[Recorder]()
    chosen = chosen_over(shelf, made)
    shelf.is_away = True
    with pytest.raises(DependencyUnavailable):
        await chosen.classify(document(BILL), TOPICS)
    assert made == [], "nobody is asked before it is known who may be"
    shelf.is_away = False
    await chosen.choice()
    shelf.is_away = True
    shelf.put(LOCAL)
    await chosen.classify(document(BILL), TOPICS)
    assert await chosen.choice() == REMOTE
    shelf.is_away = False
    assert await chosen.choice() == LOCAL
    await chosen.close()
