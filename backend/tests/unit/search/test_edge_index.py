"""The embedded index on its own: crashes, strange folders, and optimizing beside the traffic."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
import pytest_asyncio

from docuvault.domain.errors import DependencyUnavailable, ErrorCode
from docuvault.search.vectors.base import SparseVector, VectorFilter, VectorPoint
from docuvault.search.vectors.edge import EdgeVectorIndex

BACKEND = Path(__file__).resolve().parents[3]
OWNER, DOCUMENT = UUID(int=1), UUID(int=2)
DIMENSIONS = 16

Make = Callable[..., EdgeVectorIndex]


def chunks(numbers: range, document: UUID = DOCUMENT) -> list[VectorPoint]:
    return [
        VectorPoint(
            id=UUID(int=1000 + number),
            owner_id=OWNER,
            document_id=document,
            page=1,
            media_type="text/plain",
            topic_ids=(),
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
            dense=np.random.default_rng(number).standard_normal(DIMENSIONS).astype(np.float32),
            sparse=SparseVector((1, 10 + number), (1.0, 1.0)),
        )
        for number in numbers
    ]


@pytest_asyncio.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    made: list[EdgeVectorIndex] = []

    def make_index(
        model_id: str = "model", dimensions: int = DIMENSIONS, optimize_above: int = 10**6
    ) -> EdgeVectorIndex:
        index = EdgeVectorIndex(
            tmp_path / "vectors",
            model_id=model_id,
            dimensions=dimensions,
            optimize_above=optimize_above,
        )
        made.append(index)
        return index

    yield make_index
    for index in made:
        await index.close()


async def opened(index: EdgeVectorIndex) -> EdgeVectorIndex:
    await index.ensure()
    return index


async def finds(index: EdgeVectorIndex, number: int) -> bool:
    """Whether both legs find the chunk."""
    results = await index.search(
        VectorFilter(OWNER),
        dense=chunks(range(number, number + 1))[0].dense,
        sparse=SparseVector((10 + number,), (1.0,)),
        limit=1,
    )
    wanted = UUID(int=1000 + number)
    return [c.chunk_id for c in (*results.dense, *results.sparse)] == [wanted, wanted]


WRITER = """
import asyncio, os, signal, sys
from pathlib import Path
from docuvault.search.vectors.edge import EdgeVectorIndex
from tests.unit.search.test_edge_index import DIMENSIONS, DOCUMENT, chunks

async def main():
    index = EdgeVectorIndex(
        Path(sys.argv[1]), model_id="model", dimensions=DIMENSIONS, optimize_above=10**6
    )
    await index.ensure()
    for start in range(0, 1500, 150):
        await index.upsert(chunks(range(start, start + 150)))
    await index.delete_document(DOCUMENT, keep=[c.id for c in chunks(range(100, 1500))])
    print("written", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


def run_writer(folder: Path, script: str = WRITER) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", script, str(folder)],
        env={**os.environ, "PYTHONPATH": str(BACKEND)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


OPTIMIZER = """
import asyncio, os, signal, sys
from pathlib import Path
from docuvault.search.vectors.edge import EdgeVectorIndex
from tests.unit.search.test_edge_index import DIMENSIONS, chunks

async def main():
    index = EdgeVectorIndex(
        Path(sys.argv[1]), model_id="model", dimensions=DIMENSIONS, optimize_above=19_999
    )
    await index.ensure()
    await index.upsert(chunks(range(20_000)))
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    while not children.read_text().strip():
        await asyncio.sleep(0.01)
    print(children.read_text().strip(), flush=True)
    await asyncio.sleep(0.5)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel to end the child")
async def test_the_optimizing_child_ends_with_its_parent(make: Make, tmp_path: Path) -> None:
    killed = await asyncio.to_thread(run_writer, tmp_path / "vectors", OPTIMIZER)
    assert killed.returncode == -9, killed.stderr
    deadline = time.monotonic() + 3
    while is_alive(int(killed.stdout)):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    index = await opened(make())
    assert await index.count() == 20_000


def is_alive(process_id: int) -> bool:
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


async def test_what_was_written_survives_a_kill(make: Make, tmp_path: Path) -> None:
    killed = await asyncio.to_thread(run_writer, tmp_path / "vectors")
    assert (killed.stdout, killed.returncode) == ("written\n", -9), killed.stderr
    index = await opened(make())
    assert await index.count(OWNER) == 1400
    assert [await finds(index, n) for n in (99, 100, 1499)] == [False, True, True]


async def test_only_one_process_holds_the_folder(make: Make, tmp_path: Path) -> None:
    index = await opened(make())
    await index.upsert(chunks(range(3)))
    other = await asyncio.to_thread(run_writer, tmp_path / "vectors")
    assert "vectors_unavailable" in other.stderr
    second = make()
    with pytest.raises(DependencyUnavailable, match="another process"):
        await second.ensure()
    assert await index.count() == 3
    await index.close()
    assert await (await opened(second)).count() == 3
    assert not await index.health_check()


@pytest.mark.parametrize(
    ("model_id", "dimensions"), [("other", DIMENSIONS), ("model", DIMENSIONS * 2)]
)
async def test_another_model_starts_empty(
    make: Make, tmp_path: Path, model_id: str, dimensions: int
) -> None:
    index = await opened(make())
    await index.upsert(chunks(range(3)))
    await index.close()
    index = await opened(make(model_id, dimensions))
    assert await index.count() == 0
    dense = np.ones(dimensions, dtype=np.float32)
    await index.upsert([replace(point, dense=dense) for point in chunks(range(2))])
    await index.close()
    assert await (await opened(make(model_id, dimensions))).count() == 2
    assert len(list((tmp_path / "vectors").glob("shard-*"))) == 1


def break_segment(folder: Path) -> None:
    for state in folder.glob("shard-*/segments/*/segment.json"):
        state.write_text("{")


def break_log(folder: Path) -> None:
    for log in folder.glob("shard-*/wal/open-*"):
        log.write_bytes(b"\xff" * 4096)


def break_flags(folder: Path) -> None:
    for flags in folder.glob("shard-*/segments/*/vector_storage-dense/deleted/status.dat"):
        os.truncate(flags, 0)  # makes the engine panic


def break_vectors(folder: Path) -> None:
    for vectors in folder.glob("shard-*/segments/*/vector_storage-dense/vectors/chunk_0.mmap"):
        os.truncate(vectors, 0)  # found only by a search


def lose_shard(folder: Path) -> None:
    for shard in folder.glob("shard-*"):
        shard.rename(folder.parent / "lost")


def break_manifest(folder: Path) -> None:
    (folder / "index.json").write_text('{"shard": 1')


def escape(folder: Path) -> None:
    manifest = json.loads((folder / "index.json").read_text())
    (folder / "index.json").write_text(json.dumps({**manifest, "shard": "shard-/../../elsewhere"}))


@pytest.mark.parametrize(
    "harm",
    [
        break_segment,
        break_log,
        break_flags,
        break_vectors,
        lose_shard,
        break_manifest,
        escape,
    ],
)
async def test_a_damaged_folder_starts_empty_and_can_be_filled_again(
    make: Make, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    folder = tmp_path / "vectors"
    index = await opened(make())
    await index.upsert(chunks(range(5)))
    await index.close()
    (folder / "notes.txt").write_text("not ours")
    harm(folder)
    index = await opened(make())
    assert await index.count() == 0
    await index.upsert(chunks(range(5)))
    await index.close()
    index = await opened(make())
    assert await index.count() == 5
    assert await finds(index, 4)
    ours = {"index.json", "lock", "notes.txt"}
    assert len({path.name for path in folder.iterdir()} - ours) == 1


async def test_what_cannot_be_read_is_kept_until_a_start_without_trouble(
    make: Make, tmp_path: Path
) -> None:
    index = await opened(make())
    await index.upsert(chunks(range(5)))
    await index.close()
    break_segment(tmp_path / "vectors")
    kept = []
    for _ in range(2):
        index = await opened(make())
        kept.append((tmp_path / "vectors" / "set-aside" / "segments").is_dir())
        await index.close()
    assert kept == [True, False]


async def test_the_graph_is_built_beside_the_traffic(make: Make, tmp_path: Path) -> None:
    folder = tmp_path / "vectors"
    index = await opened(make(optimize_above=2000))
    await index.upsert(chunks(range(2000)))
    before = {path.name for path in folder.glob("shard-*")}
    await index.upsert(chunks(range(2000, 2600)))
    extra = UUID(int=77)
    deadline = time.monotonic() + 60
    written = 3000
    # Until the old shard is gone: writes, deletions and searches all the while.
    while before & {path.name for path in folder.glob("shard-*")}:
        assert time.monotonic() < deadline
        await index.upsert(chunks(range(written, written + 5), extra))
        assert await finds(index, written)
        assert await finds(index, 2100)
        written += 5
        await asyncio.sleep(0.02)
    await index.delete_document(DOCUMENT, keep=[c.id for c in chunks(range(2500))])
    everything = 2500 + written - 3000
    assert await index.count() == everything
    assert [await finds(index, n) for n in (0, 2499, 2550, written - 1)] == [
        True,
        True,
        False,
        True,
    ]
    await index.close()
    index = await opened(make(optimize_above=2000))
    assert await index.count() == everything
    assert len(list(folder.glob("shard-*"))) == 1
    assert json.loads((folder / "index.json").read_text())["optimized"] >= 2600


async def test_words_alone_need_no_graph(make: Make, tmp_path: Path) -> None:
    folder = tmp_path / "vectors"
    index = await opened(make(optimize_above=50))
    before = {path.name for path in folder.glob("shard-*")}
    await index.upsert([replace(one, dense=None) for one in chunks(range(200))])
    await index.upsert(chunks(range(40)))
    await index.close()
    assert {path.name for path in folder.glob("shard-*")} == before

    index = await opened(make(optimize_above=50))
    await index.upsert(chunks(range(40, 60)))
    deadline = time.monotonic() + 60
    while before & {path.name for path in folder.glob("shard-*")}:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
    await index.close()
    assert json.loads((folder / "index.json").read_text())["optimized"] == 60


async def test_closing_while_the_graph_is_built_loses_nothing(make: Make, tmp_path: Path) -> None:
    index = await opened(make(optimize_above=500))
    await index.upsert(chunks(range(1500)))
    await asyncio.sleep(0.05)
    begun = time.monotonic()
    await index.close()
    assert time.monotonic() - begun < 10
    index = await opened(make())
    assert await index.count() == 1500
    assert len(list((tmp_path / "vectors").glob("shard-*"))) == 1


def log_bytes(folder: Path) -> int:
    return sum(log.stat().st_blocks * 512 for log in folder.glob("shard-*/wal/*"))


async def test_the_log_may_outgrow_its_segments(make: Make, tmp_path: Path) -> None:
    index = await opened(make(dimensions=2048))
    dense = np.random.default_rng(1).standard_normal(2048).astype(np.float32)
    points = [replace(point, dense=dense) for point in chunks(range(250))]
    for _ in range(60):  # about 2 MiB each, in segments of 32 MiB
        await index.upsert(points)
    await index.close()
    index = await opened(make(dimensions=2048))
    assert await index.count() == 250
    assert log_bytes(tmp_path / "vectors") < 3 * 32 * 1024 * 1024


async def test_log_segments_in_preparation_are_left_alone(make: Make, tmp_path: Path) -> None:
    index = await opened(make(optimize_above=0))
    for log in tmp_path.glob("vectors/shard-*/wal"):
        (log / "tmp-open-99").symlink_to("gone")
    await index.upsert(chunks(range(5)))
    await index.close()
    assert await (await opened(make())).count() == 5


async def test_searches_do_not_wait_for_a_big_write(make: Make) -> None:
    index = await opened(make())
    await index.upsert(chunks(range(10)))
    big = chunks(range(10_000, 14_000))
    answered = 0

    async def search() -> None:
        nonlocal answered
        while not writing.done():
            assert await finds(index, 5)
            answered += 1
            await asyncio.sleep(0)

    writing = asyncio.create_task(index.upsert(big))
    await search()
    await writing
    assert await index.count() == 4010
    assert answered > 10, "one long call would let in one or two"


async def test_an_index_that_was_closed_says_so(make: Make) -> None:
    index = await opened(make())
    await index.close()
    await index.close()
    assert not await index.health_check()
    with pytest.raises(DependencyUnavailable) as refusal:
        await index.upsert(chunks(range(1)))
    assert refusal.value.code is ErrorCode.VECTORS_UNAVAILABLE


async def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    index = EdgeVectorIndex(
        tmp_path / "file" / "vectors", model_id="m", dimensions=4, optimize_above=1
    )
    with pytest.raises(DependencyUnavailable):
        await index.ensure()
    assert not await index.health_check()
    await index.close()
