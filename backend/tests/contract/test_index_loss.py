"""An index that vanished under running processes is noticed and filled again."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from docuvault.clients.qdrant import QdrantService
from docuvault.config.settings import QdrantSettings
from docuvault.search.indexer import SearchIndexer
from docuvault.search.sparse import SparseEncoder
from docuvault.search.vectors.qdrant import QdrantVectorIndex
from tests.servers.qdrant import qdrant_server


@pytest.fixture
async def qdrant(tmp_path: Path) -> AsyncIterator[QdrantService]:
    with qdrant_server(tmp_path, api_key="key") as server:
        settings = QdrantSettings(url=server.url, api_key=SecretStr("key"))
        opened = QdrantService(settings, context="tests")
        await opened.open()
        yield opened
        await opened.close()


async def test_a_collection_that_vanished_counts_none(qdrant: QdrantService) -> None:
    vectors = QdrantVectorIndex(qdrant, collection_prefix="lost", model_id="m", dimensions=4)
    indexer = SearchIndexer(vectors, SparseEncoder(128))
    await vectors.ensure()
    for collection in (await qdrant.client.get_collections()).collections:
        await qdrant.client.delete_collection(collection.name)

    assert await indexer.count() == 0
    assert (await qdrant.client.get_collections()).collections
