"""An index that vanished under running processes is noticed and filled again."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from qdrant_client import AsyncQdrantClient

from docuvault.clients.qdrant import create_qdrant_client
from docuvault.config.settings import QdrantSettings
from docuvault.search.indexer import SearchIndexer
from docuvault.search.sparse import SparseEncoder
from docuvault.search.vectors.qdrant import QdrantVectorIndex
from tests.servers.qdrant import qdrant_server


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[AsyncQdrantClient]:
    with qdrant_server(tmp_path, api_key="key") as server:
        opened = create_qdrant_client(QdrantSettings(url=server.url, api_key=SecretStr("key")))
        yield opened
        await opened.close()


async def test_a_collection_that_vanished_counts_none(client: AsyncQdrantClient) -> None:
    vectors = QdrantVectorIndex(client, collection_prefix="lost", model_id="m", dimensions=4)
    indexer = SearchIndexer(vectors, SparseEncoder(128))
    await vectors.ensure()
    for collection in (await client.get_collections()).collections:
        await client.delete_collection(collection.name)

    assert await indexer.count() == 0
    assert (await client.get_collections()).collections
