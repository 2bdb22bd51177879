"""The server driver and its client on their own: keys, outages, lost collections, quiet logs."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
import pytest_asyncio
import structlog
from qdrant_client import AsyncQdrantClient, models

from docuvault.clients.qdrant import QdrantService, create_qdrant_client
from docuvault.config.settings import QdrantSettings, Settings
from docuvault.domain.errors import ConfigurationError, DependencyUnavailable, ErrorCode
from docuvault.search.vectors.base import SparseVector, VectorFilter, VectorPoint
from docuvault.search.vectors.edge import EdgeVectorIndex
from docuvault.search.vectors.factory import create_vector_index
from docuvault.search.vectors.qdrant import QdrantVectorIndex
from tests.servers.qdrant import QdrantServer, qdrant_server

KEY = "correct-horse"
OWNER = UUID(int=1)
DIMENSIONS = 4
POINT = VectorPoint(
    id=UUID(int=5),
    owner_id=OWNER,
    document_id=UUID(int=6),
    page=1,
    media_type="text/plain",
    topic_ids=(),
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
    dense=np.array([1, 0, 0, 0], dtype=np.float32),
    sparse=SparseVector((3,), (1.0,)),
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QdrantServer]:
    with qdrant_server(tmp_path_factory.mktemp("qdrant"), api_key=KEY) as running:
        yield running


@asynccontextmanager
async def index_at(
    server: QdrantServer, *, key: str | None = KEY, model: str = "model"
) -> AsyncIterator[QdrantVectorIndex]:
    qdrant = QdrantService(settings_for(server, key), context="tests")
    await qdrant.open()
    yield QdrantVectorIndex(
        qdrant, collection_prefix="chunks", model_id=model, dimensions=DIMENSIONS
    )
    await qdrant.close()


def settings_for(server: QdrantServer, key: str | None = KEY) -> QdrantSettings:
    return QdrantSettings.model_validate(
        {"url": server.url, "api_key": key, "timeout": 1, "retry_seconds": 0.2}
    )


async def until_back(index: QdrantVectorIndex) -> None:
    async with asyncio.timeout(10):
        while not await index.health_check():
            await asyncio.sleep(0.01)


@pytest_asyncio.fixture
async def client(server: QdrantServer) -> AsyncIterator[AsyncQdrantClient]:
    client = create_qdrant_client(settings_for(server))
    yield client
    for collection in (await client.get_collections()).collections:
        await client.delete_collection(collection.name)
    await client.close()


async def search(index: QdrantVectorIndex) -> list[UUID]:
    found = await index.search(VectorFilter(OWNER), dense=POINT.dense, sparse=None, limit=5)
    return [chunk.chunk_id for chunk in found.dense]


async def test_the_collection_is_named_after_its_model_and_fully_indexed(
    server: QdrantServer, client: AsyncQdrantClient
) -> None:
    async with index_at(server, model="org/Mini LM:v2") as index:
        await index.ensure()
    names = [c.name for c in (await client.get_collections()).collections]
    assert names == ["chunks__org-Mini-LM-v2__4"]
    info = await client.get_collection(names[0])
    kinds = {field: schema.data_type for field, schema in info.payload_schema.items()}
    assert kinds == {
        "owner_id": models.PayloadSchemaType.KEYWORD,
        "document_id": models.PayloadSchemaType.KEYWORD,
        "topic_ids": models.PayloadSchemaType.KEYWORD,
        "media_type": models.PayloadSchemaType.KEYWORD,
        "created_at": models.PayloadSchemaType.INTEGER,
    }
    assert info.payload_schema["owner_id"].params == models.KeywordIndexParams(
        type=models.KeywordIndexType.KEYWORD, is_tenant=True
    )
    assert info.config.params.vectors == {
        "dense": models.VectorParams(size=4, distance=models.Distance.COSINE)
    }
    assert info.config.params.sparse_vectors == {
        "words": models.SparseVectorParams(modifier=models.Modifier.IDF)
    }


@pytest.mark.parametrize("key", [None, "wrong"])
async def test_a_wrong_key_makes_the_index_unavailable(
    server: QdrantServer, key: str | None
) -> None:
    async with index_at(server, key=key) as index:
        assert await index.health_check() is False
        with pytest.raises(DependencyUnavailable) as refusal:
            await index.ensure()
    assert refusal.value.code is ErrorCode.VECTORS_UNAVAILABLE


async def test_many_processes_may_make_the_collection_at_once(
    server: QdrantServer, client: AsyncQdrantClient
) -> None:
    async with index_at(server) as one, index_at(server) as two, index_at(server) as three:
        await asyncio.gather(one.ensure(), two.ensure(), three.ensure())
        await one.upsert([POINT])
        assert await search(two) == [POINT.id]


async def test_a_lost_collection_is_made_again_by_the_next_write(
    server: QdrantServer, client: AsyncQdrantClient
) -> None:
    async with index_at(server) as index:
        await index.ensure()
        await index.upsert([POINT, replace(POINT, id=UUID(int=7))])
        await client.delete_collection("chunks__model__4")
        assert await index.health_check() is False
        with pytest.raises(DependencyUnavailable):
            await search(index)
        await index.upsert([POINT])
        assert await index.count() == 1
        assert await search(index) == [POINT.id]
        assert await index.health_check() is True


async def test_a_lost_collection_starts_empty_at_the_next_start(
    server: QdrantServer, client: AsyncQdrantClient
) -> None:
    async with index_at(server) as index:
        await index.ensure()
        await index.upsert([POINT])
    await client.delete_collection("chunks__model__4")
    async with index_at(server) as index:
        await index.ensure()
        assert await index.count() == 0
        await index.upsert([POINT])
        assert await search(index) == [POINT.id]


async def test_an_outage_is_reported_and_passes(tmp_path: Path) -> None:
    with qdrant_server(tmp_path, api_key=KEY) as server:
        async with index_at(server) as index:
            await index.ensure()
            await index.upsert([POINT])
            server.kill()
            begun = asyncio.get_running_loop().time()
            assert await index.health_check() is False
            with pytest.raises(DependencyUnavailable):
                await search(index)
            assert asyncio.get_running_loop().time() - begun < 5
            server.start()
            await until_back(index)
            assert await search(index) == [POINT.id]
            assert await index.health_check() is True


async def test_a_restart_of_the_server_is_hardly_noticed(tmp_path: Path) -> None:
    with qdrant_server(tmp_path, api_key=KEY) as server:
        async with index_at(server) as index:
            await index.ensure()
            await index.upsert([POINT])
            server.restart()
            assert await search(index) == [POINT.id]


async def test_a_server_that_hangs_is_given_up_in_time(tmp_path: Path) -> None:
    with qdrant_server(tmp_path, api_key=KEY) as server:
        async with index_at(server) as index:
            await index.ensure()
            server.pause()
            begun = asyncio.get_running_loop().time()
            with pytest.raises(DependencyUnavailable):
                await search(index)
            assert asyncio.get_running_loop().time() - begun < 3
            begun = asyncio.get_running_loop().time()
            for _ in range(10):
                with pytest.raises(DependencyUnavailable):
                    await search(index)
            assert asyncio.get_running_loop().time() - begun < 0.5, "only one call waits"
            server.resume()
            await until_back(index)
            assert await search(index) == []


async def test_the_client_tells_the_log_no_secrets() -> None:
    settings = QdrantSettings.model_validate(
        {"url": "https://user:pass-word@vectors.example:6333", "api_key": "s3cret-key"}
    )
    with structlog.testing.capture_logs() as logs:
        client = create_qdrant_client(settings)
    await client.close()
    assert logs == [
        {
            "event": "qdrant.client_created",
            "log_level": "debug",
            "host": "vectors.example",
            "port": 6333,
            "tls": True,
            "api_key": True,
        }
    ]


@pytest.mark.parametrize(
    "url", [None, "", "vectors:6333", "ftp://vectors", "http://", "http://[::1"]
)
def test_an_unusable_address_is_a_configuration_error(url: str | None) -> None:
    with pytest.raises(ConfigurationError):
        create_qdrant_client(QdrantSettings.model_validate({"url": url}))


async def test_the_factory_follows_the_settings(server: QdrantServer, tmp_path: Path) -> None:
    embedded = Settings(data_dir=tmp_path)
    index = create_vector_index(embedded, None, model_id="m", dimensions=4)
    assert isinstance(index, EdgeVectorIndex)
    await index.ensure()
    assert (tmp_path / "vectors" / "index.json").exists()
    await index.close()
    qdrant = QdrantService(settings_for(server), context="tests")
    remote = Settings(qdrant=QdrantSettings.model_validate({"url": server.url}))
    assert isinstance(
        create_vector_index(remote, qdrant, model_id="m", dimensions=4), QdrantVectorIndex
    )
    with pytest.raises(ConfigurationError):
        create_vector_index(remote, None, model_id="m", dimensions=4)
