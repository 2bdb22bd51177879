"""The vector index port, over the embedded engine, the REST test server, and a real server."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
import pytest_asyncio

from docuvault.clients.qdrant import QdrantService
from docuvault.config.settings import QdrantSettings
from docuvault.domain.errors import (
    ConfigurationError,
    DependencyUnavailable,
    ErrorCode,
    ProcessingFailed,
)
from docuvault.search.vectors.base import LegResults, SparseVector, StoredChunk
from docuvault.search.vectors.edge import EdgeVectorIndex
from docuvault.search.vectors.qdrant import QdrantVectorIndex
from tests.contract.vector_points import (
    ANNA,
    BERT,
    DIMENSIONS,
    NAMES,
    START,
    both_legs,
    chunk,
    found,
    ids,
    of,
    query,
    vector,
)
from tests.servers.qdrant import QdrantServer, qdrant_server

Index = EdgeVectorIndex | QdrantVectorIndex
Open = Callable[[], Awaitable[Index]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QdrantServer]:
    with qdrant_server(tmp_path_factory.mktemp("qdrant"), api_key="correct horse") as running:
        yield running


@pytest_asyncio.fixture(params=["edge", "rest", "server"])
async def reopen(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[Callable[[], Awaitable[Index]]]:
    """Opens the same index each time it is called, closing what it opened before."""
    prefix = f"t{uuid4().hex[:12]}"
    opened: list[Index] = []
    async with AsyncExitStack() as stack:
        if request.param == "edge":

            async def open_index() -> Index:
                return EdgeVectorIndex(
                    tmp_path / "vectors",
                    model_id="model",
                    dimensions=DIMENSIONS,
                    optimize_above=1_000_000,
                )

        else:
            if request.param == "rest":
                running: QdrantServer = request.getfixturevalue("server")
                settings = QdrantSettings.model_validate(
                    {"url": running.url, "api_key": running.api_key, "timeout": 10}
                )
            elif url := os.environ.get("QDRANT_URL"):
                key = os.environ.get("QDRANT_API_KEY")
                settings = QdrantSettings.model_validate({"url": url, "api_key": key})
            else:
                pytest.skip("NOT RUN over a real Qdrant server: QDRANT_URL is not set")
            qdrant = QdrantService(settings, context="tests")
            await qdrant.open()
            stack.push_async_callback(qdrant.close)
            stack.push_async_callback(
                qdrant.client.delete_collection, f"{prefix}__model__{DIMENSIONS}"
            )

            async def open_index() -> Index:
                return QdrantVectorIndex(
                    qdrant, collection_prefix=prefix, model_id="model", dimensions=DIMENSIONS
                )

        async def again() -> Index:
            while opened:
                await opened.pop().close()
            opened.append(await open_index())
            await opened[0].ensure()
            return opened[0]

        yield again
        while opened:
            await opened.pop().close()


@pytest_asyncio.fixture
async def index(reopen: Open) -> Index:
    return await reopen()


async def test_an_empty_index_finds_nothing(index: Index) -> None:
    assert await both_legs(index, of()) == LegResults(dense=(), sparse=())
    assert await index.count() == 0
    assert await index.count(ANNA) == 0
    await index.delete_document(uuid4())
    await index.upsert([])


async def test_ensure_may_be_repeated(index: Index) -> None:
    await index.upsert([chunk(1)])
    await index.ensure()
    assert await index.count() == 1


async def test_upserting_twice_keeps_one_point_with_the_newer_content(index: Index) -> None:
    await index.upsert([chunk(1, media_type="text/plain", words={1: 1.0})])
    await index.upsert([chunk(1, media_type="text/html", words={2: 1.0})])
    assert await index.count() == 1
    assert found(await both_legs(index, of(media_types=["text/plain"]))) == (set(), set())
    assert found(await both_legs(index, of(media_types=["text/html"]), 2)) == (
        {chunk(1).id},
        {chunk(1).id},
    )
    assert found(await both_legs(index, of(), 1))[1] == set()


async def test_a_chunk_without_meaning_is_found_by_its_words_until_it_has_one(
    index: Index,
) -> None:
    whole = [chunk(n, words={1: 1.0, 2: 1.0}) for n in range(3)]
    early = [replace(point, dense=None) for point in whole]
    await index.upsert(early)
    assert found(await both_legs(index, of(), 1)) == (set(), ids(whole))
    assert await index.count() == 0, "a chunk counts once it is found by meaning"
    assert await index.count(ANNA) == 0

    await index.upsert(whole[:1])
    assert found(await both_legs(index, of(), 1)) == (ids(whole[:1]), ids(whole))
    assert await index.count() == 1
    assert await index.count(ANNA) == 1

    await index.delete_document(whole[0].document_id)
    assert found(await both_legs(index, of(), 1)) == (set(), set())


async def test_what_is_there_already_may_be_left_alone(index: Index) -> None:
    await index.upsert([chunk(1, words={1: 1.0})])
    late = [chunk(1, words={2: 1.0}), chunk(2, words={2: 1.0})]
    await index.upsert([replace(point, dense=None) for point in late], replace=False)
    assert found(await both_legs(index, of(), 1)) == (ids(late[:1]), ids(late[:1]))
    assert found(await both_legs(index, of(), 2))[1] == ids(late[1:])


async def test_many_points_are_written_whatever_the_batch_size(index: Index) -> None:
    points = [chunk(number) for number in range(300)]
    await index.upsert(points)
    assert await index.count(ANNA) == 300
    assert len((await both_legs(index, of(), limit=250)).dense) == 250


async def test_a_document_is_deleted_with_all_its_chunks_and_no_others(index: Index) -> None:
    first = [chunk(n, document=1) for n in range(5)]
    second = [chunk(n, document=2) for n in range(5, 8)]
    await index.upsert([*first, *second])
    await index.delete_document(first[0].document_id)
    assert found(await both_legs(index, of())) == (ids(second), ids(second))
    assert await index.count() == 3


async def test_deletion_spares_the_chunks_to_keep(index: Index) -> None:
    points = [chunk(n) for n in range(6)]
    others = [chunk(n, document=2) for n in range(10, 12)]
    await index.upsert([*points, *others])
    kept = [points[1].id, points[4].id, uuid4()]
    await index.delete_document(points[0].document_id, keep=kept)
    assert found(await both_legs(index, of()))[0] == {*kept[:2], *ids(others)}
    assert await index.count() == 4


async def test_no_owner_ever_sees_another_ones_chunks(index: Index) -> None:
    topic = uuid4()
    for owner in (ANNA, BERT):
        await index.upsert(
            [chunk(n, owner=owner, topics=[topic], words={7: 1.0, n: 1.0}) for n in range(20, 40)]
        )
    filters: list[dict[str, object]] = [
        {},
        {"topic_ids": [topic]},
        {"media_types": ["application/pdf", "text/plain"]},
        {"created_from": START, "created_before": START + timedelta(days=1)},
        {"topic_ids": [topic], "media_types": ["application/pdf"], "created_from": START},
    ]
    for narrowing in filters:
        for owner in (ANNA, BERT):
            results = await both_legs(index, of(owner, **narrowing), 7, 25)
            mine = ids([chunk(n, owner=owner) for n in range(20, 40)])
            assert found(results) == (mine, mine), narrowing
        stranger = await both_legs(index, of(uuid4(), **narrowing), 7, 25)
        assert stranger == LegResults(dense=(), sparse=()), narrowing
    assert await index.count(ANNA) == 20
    assert await index.count() == 40
    assert await index.count(uuid4()) == 0


async def test_another_owners_words_do_not_change_how_rare_mine_are(index: Index) -> None:
    mine = [chunk(1, words={1: 1.0}), chunk(2, words={1: 1.0, 2: 1.0})]
    await index.upsert(mine)
    before = await both_legs(index, of(), 1, 2)
    await index.upsert([chunk(n, owner=BERT, words={2: 1.0}) for n in range(30)])
    after = await both_legs(index, of(), 1, 2)
    assert [c.chunk_id for c in after.sparse] == [c.chunk_id for c in before.sparse]
    assert [c.score for c in after.sparse] == pytest.approx([c.score for c in before.sparse])


async def test_topics_match_when_any_is_there(index: Index) -> None:
    tax, car, house = uuid4(), uuid4(), uuid4()
    points = [
        chunk(1, topics=[tax]),
        chunk(2, topics=[car, tax]),
        chunk(3, topics=[house]),
        chunk(4),
    ]
    await index.upsert(points)
    expected = {
        (tax,): ids(points[:2]),
        (car, house): ids(points[1:3]),
        (uuid4(),): set(),
        (): ids(points),
    }
    for topics, wanted in expected.items():
        assert found(await both_legs(index, of(topic_ids=topics))) == (wanted, wanted)


async def test_media_types_match_when_any_fits(index: Index) -> None:
    points = [chunk(n, media_type=kind) for n, kind in enumerate(["text/plain", "image/png", "x"])]
    await index.upsert(points)
    results = await both_legs(index, of(media_types=["text/plain", "image/png"]))
    assert found(results) == (ids(points[:2]), ids(points[:2]))


async def test_the_date_range_takes_its_start_and_leaves_its_end(index: Index) -> None:
    moment = timedelta(microseconds=1)
    points = [chunk(n, created_at=START + n * moment) for n in range(-1, 3)]
    await index.upsert(points)
    before, at, after, later = points
    cases = [
        (START, None, [at, after, later]),
        (None, START, [before]),
        (START, START + 2 * moment, [at, after]),
        (START, START, []),
        (START.astimezone().replace(microsecond=0), None, [at, after, later]),
    ]
    for start, end, wanted in cases:
        results = await both_legs(index, of(created_from=start, created_before=end))
        assert found(results) == (ids(wanted), ids(wanted)), (start, end)


async def test_moments_without_a_time_zone_are_refused(index: Index) -> None:
    with pytest.raises(ValueError, match="time zone"):
        await index.upsert([chunk(1, created_at=datetime(2026, 1, 1))])  # noqa: DTZ001
    assert await index.count() == 0


async def test_vectors_of_the_wrong_kind_are_refused_before_anything_is_written(
    index: Index,
) -> None:
    short = np.ones(DIMENSIONS - 1, dtype=np.float32)
    with pytest.raises(ConfigurationError):
        await index.upsert([chunk(1), replace(chunk(2), dense=short)])
    with pytest.raises(ConfigurationError):
        await index.search(of(), dense=short, sparse=None, limit=5)
    broken = vector(1.0)
    broken[2] = np.nan
    with pytest.raises(ProcessingFailed) as refusal:
        await index.upsert([chunk(1), replace(chunk(2), dense=broken)])
    assert refusal.value.code is ErrorCode.AI_INVALID_OUTPUT
    with pytest.raises(ValueError, match="one value per index"):
        await index.upsert([replace(chunk(1), sparse=SparseVector((1, 2), (1.0,)))])
    assert await index.count() == 0


async def test_a_leg_that_is_not_asked_stays_empty(index: Index) -> None:
    await index.upsert([chunk(1)])
    words = await index.search(of(), dense=None, sparse=query(7), limit=5)
    assert (len(words.dense), len(words.sparse)) == (0, 1)
    meaning = await index.search(of(), dense=vector(1.0), sparse=None, limit=5)
    assert (len(meaning.dense), len(meaning.sparse)) == (1, 0)
    nothing = await index.search(of(), dense=None, sparse=query(), limit=5)
    assert nothing == LegResults(dense=(), sparse=())


async def test_words_that_occur_nowhere_find_nothing(index: Index) -> None:
    await index.upsert([chunk(n) for n in range(5)])
    assert (await both_legs(index, of(), 4_000_000_000)).sparse == ()


async def test_a_chunk_without_words_is_found_by_meaning_only(index: Index) -> None:
    await index.upsert([chunk(1, words={})])
    assert found(await both_legs(index, of())) == ({chunk(1).id}, set())


async def test_the_rare_word_counts_more_than_the_common_one(index: Index) -> None:
    common, rare = 1, 2
    points = [chunk(n, words={common: 1.0}) for n in range(10)]
    needle = chunk(50, words={rare: 1.0})
    await index.upsert([*points, needle])
    results = await both_legs(index, of(), common, rare)
    assert results.sparse[0].chunk_id == needle.id
    assert results.sparse[0].score > 3 * results.sparse[1].score
    assert len(results.sparse) == 11


async def test_every_driver_gives_the_same_order(index: Index) -> None:
    random = np.random.default_rng(5)
    points = [
        chunk(
            n,
            document=n // 4,
            dense=random.standard_normal(DIMENSIONS).tolist(),
            words={int(w): float(random.uniform(0.5, 2)) for w in random.integers(0, 12, 4)},
        )
        for n in range(60)
    ]
    await index.upsert(points)
    results = await both_legs(index, of(), 1, 2, 3, limit=10)
    target = vector(1.0)
    alike = {p.id: float(p.dense @ target) for p in points if p.dense is not None}
    by_meaning = sorted(points, key=lambda p: -alike[p.id])[:10]
    assert [c.chunk_id for c in results.dense] == [p.id for p in by_meaning]
    assert [c.document_id for c in results.dense] == [p.document_id for p in by_meaning]
    assert [c.score for c in results.dense] == pytest.approx(
        [alike[p.id] for p in by_meaning], abs=1e-5
    )
    holders = {w: sum(w in p.sparse.indices for p in points) for w in (1, 2, 3)}
    rarity = {w: np.log(1 + (60 - n + 0.5) / (n + 0.5)) for w, n in holders.items()}
    scores = {
        p.id: sum(
            rarity[w] * v
            for w, v in zip(p.sparse.indices, p.sparse.values, strict=True)
            if w in rarity
        )
        for p in points
    }
    best = sorted(scores, key=lambda chunk_id: -scores[chunk_id])[:10]
    assert [c.chunk_id for c in results.sparse] == best
    assert [c.score for c in results.sparse] == pytest.approx([scores[i] for i in best], rel=1e-4)


async def test_equal_scores_come_in_the_order_of_their_ids(index: Index) -> None:
    points = [chunk(n, dense=[1.0, 1.0]) for n in range(12)]
    await index.upsert(points)
    results = await both_legs(index, of())
    assert [c.chunk_id for c in results.dense] == sorted(ids(points))
    assert [c.chunk_id for c in results.sparse] == sorted(ids(points))


async def test_what_was_written_is_there_after_reopening(reopen: Open) -> None:
    index = await reopen()
    points = [chunk(n, topics=[NAMES]) for n in range(70)]
    await index.upsert(points)
    await index.delete_document(points[0].document_id, keep=[p.id for p in points[10:]])
    index = await reopen()
    assert await index.count(ANNA) == 60
    wanted = ids(points[10:])
    assert found(await both_legs(index, of(topic_ids=[NAMES]))) == (wanted, wanted)


async def test_an_index_that_was_left_empty_is_usable_after_reopening(reopen: Open) -> None:
    await reopen()
    index = await reopen()
    assert await index.count() == 0
    await index.upsert([chunk(1)])
    assert found(await both_legs(index, of())) == ({chunk(1).id}, {chunk(1).id})


async def test_reads_and_writes_at_the_same_time_stay_whole(index: Index) -> None:
    seconds = 2.0
    until = time.monotonic() + seconds
    await index.upsert([chunk(n, document=0) for n in range(30)])
    steady = ids([chunk(n) for n in range(30)])
    searches = 0

    async def write(writer: int) -> int:
        rounds = 0
        while time.monotonic() < until:
            mine = [chunk(1000 * writer + n, document=writer) for n in range(10)]
            await index.upsert(mine)
            if rounds % 2:
                await index.delete_document(mine[0].document_id, keep=[mine[0].id])
            rounds += 1
        await index.upsert([chunk(1000 * writer + n, document=writer) for n in range(10)])
        return rounds

    async def read() -> None:
        nonlocal searches
        while time.monotonic() < until:
            meaning, words = found(await both_legs(index, of(), limit=1000))
            assert steady <= meaning
            assert steady <= words
            searches += 1
            await asyncio.sleep(0)

    outcome = await asyncio.gather(write(1), write(2), read(), read(), read())
    assert min(outcome[:2]) >= 2
    assert searches >= 5
    assert await index.count() == 50


async def test_an_inspector_sees_every_chunk_and_what_it_says_of_itself(reopen: Open) -> None:
    index = await reopen()
    assert [found async for found in index.chunk_ids()] == []
    points = [*(chunk(n) for n in range(150)), *(chunk(n, owner=BERT) for n in range(3))]
    points[3] = replace(points[3], dense=None)
    await index.upsert(points)

    index = await reopen()
    await index.attach()

    seen = [found async for found in index.chunk_ids()]
    assert len(seen) == len(points)
    assert set(seen) == ids(points)
    unknown = uuid4()
    assert await index.stored([*seen, unknown]) == {
        point.id: StoredChunk(
            point.id, point.document_id, point.owner_id, has_meaning=point.dense is not None
        )
        for point in points
    }
    assert await index.stored([]) == {}


async def test_health_is_true_while_the_index_answers(index: Index) -> None:
    assert await index.health_check() is True


async def test_an_index_that_nobody_opened_is_unavailable(tmp_path: Path) -> None:
    qdrant = QdrantService(
        QdrantSettings.model_validate({"url": "http://127.0.0.1:9", "timeout": 2}), context="tests"
    )
    await qdrant.open()
    silent: list[Index] = [
        EdgeVectorIndex(tmp_path, model_id="m", dimensions=DIMENSIONS, optimize_above=10),
        QdrantVectorIndex(qdrant, collection_prefix="p", model_id="m", dimensions=DIMENSIONS),
    ]
    for index in silent:
        assert await index.health_check() is False
        calls = [
            index.attach(),
            index.count(),
            index.stored([uuid4()]),
            index.upsert([chunk(1)]),
            index.delete_document(uuid4()),
            both_legs(index, of()),
        ]
        for call in calls:
            with pytest.raises(DependencyUnavailable) as refusal:
                await call
            assert refusal.value.code is ErrorCode.VECTORS_UNAVAILABLE
            assert refusal.value.transient
        await index.close()
    await qdrant.close()
