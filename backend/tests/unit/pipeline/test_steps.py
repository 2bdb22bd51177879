"""What the stages write: pages, chunks, topics and vectors that belong together."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
import pytest
from sqlalchemy import select

from docuvault.db.models import Chunk
from docuvault.db.repositories.deletions import DeletionRepository
from docuvault.db.repositories.stages import StageRepository
from docuvault.db.repositories.texts import ChunkText, TextRepository
from docuvault.db.repositories.topics import TopicRepository
from docuvault.domain.documents import STAGE_ORDER, DocumentStatus, chunk_id
from docuvault.domain.errors import ErrorCode
from docuvault.pipeline.embeddings import document_vector, stored_embeddings, unpack
from docuvault.search.indexer import SearchIndexer
from docuvault.search.sparse import SparseEncoder
from docuvault.search.vectors.base import VectorFilter
from docuvault.search.vectors.edge import EdgeVectorIndex
from tests.unit.pipeline.workshop import DIMENSIONS, Workshop

EXTRACT, CLASSIFY, EMBED = STAGE_ORDER
LONG = " ".join(f"Sentence number {n} speaks of wool and weather." for n in range(120))


async def chunk_ids(shop: Workshop, document_id: UUID) -> list[UUID]:
    async with shop.database.reading() as session:
        rows = await session.scalars(
            select(Chunk.id).where(Chunk.document_id == document_id).order_by(Chunk.ordinal)
        )
        return list(rows)


async def test_a_changed_original_is_noticed(shop: Workshop) -> None:
    document_id = await shop.document("the true text")
    key = (await shop.look(document_id)).object_key

    async def others() -> AsyncIterator[bytes]:
        yield b"the fake text"

    await shop.storage.delete_object(key)
    await shop.storage.put_stream(key, others(), "text/plain")

    await shop.run(document_id, EXTRACT)

    row = await shop.row(document_id, EXTRACT)
    assert (row.state, row.error_code) == ("failed", ErrorCode.INTEGRITY_FAILED)
    assert shop.extractor.calls == 0, "what is not the original is not read"


async def test_an_original_that_is_gone_fails_the_document(shop: Workshop) -> None:
    document_id = await shop.document()
    await shop.storage.delete_object((await shop.look(document_id)).object_key)

    await shop.run(document_id, EXTRACT)

    row = await shop.row(document_id, EXTRACT)
    assert (row.state, row.error_code) == ("failed", ErrorCode.STORAGE_OBJECT_MISSING)


@pytest.mark.parametrize("text", [" ", "\n\n\t", "\x00"])
async def test_a_file_without_text_says_so(shop: Workshop, text: str) -> None:
    document_id = await shop.document(text)

    await shop.run(document_id, EXTRACT)

    assert (await shop.row(document_id, EXTRACT)).error_code == ErrorCode.NO_TEXT
    assert await shop.states(document_id) == ["failed", "skipped", "skipped"]
    assert (await shop.look(document_id)).status == DocumentStatus.FAILED


async def test_chunks_cover_the_text_and_are_all_in_the_index(shop: Workshop) -> None:
    document_id = await shop.document(LONG)

    await shop.run(document_id, *STAGE_ORDER)

    async with shop.database.reading() as session:
        chunks = await TextRepository(session).chunks(document_id)
    assert len(chunks) > 10
    assert all(chunk.text in LONG for chunk in chunks)
    assert set(LONG.split()) == {word for chunk in chunks for word in chunk.text.split()}
    assert [chunk.id for chunk in chunks] == [
        chunk_id(document_id, 1, ordinal) for ordinal in range(len(chunks))
    ]
    assert await shop.vectors.count() == len(chunks)
    document = await shop.look(document_id)
    assert [record.result.get("chunks") for record in document.stages] == [
        len(chunks),
        None,
        len(chunks),
    ]


async def found_by_words(shop: Workshop, word: str) -> set[UUID]:
    """Chunks that the index proposes for a word."""
    found = await shop.vectors.search(
        VectorFilter(owner_id=shop.owner_id),
        dense=None,
        sparse=SparseEncoder(average_words=128).encode_query(word),
        limit=100,
    )
    return {chunk.chunk_id for chunk in found.sparse}


async def test_words_are_found_before_anything_is_embedded(shop: Workshop) -> None:
    document_id = await shop.document(LONG)

    await shop.run(document_id, EXTRACT)

    assert shop.embedder.calls == 0
    assert await found_by_words(shop, "wool") == set(await chunk_ids(shop, document_id))
    assert await shop.vectors.count() == 0, "none is found by meaning yet"
    await shop.run(document_id, CLASSIFY, EMBED)
    chunks = await chunk_ids(shop, document_id)
    assert await found_by_words(shop, "wool") == set(chunks)
    assert await shop.vectors.count() == len(chunks)


async def test_an_index_that_is_away_holds_up_no_reading(shop: Workshop, tmp_path: Path) -> None:
    document_id = await shop.document(LONG)
    never_opened = EdgeVectorIndex(
        tmp_path, model_id="fake", dimensions=DIMENSIONS, optimize_above=10**6
    )
    away = SearchIndexer(never_opened, SparseEncoder(average_words=128))

    await replace(shop, parts=replace(shop.parts, indexer=away)).run(document_id, EXTRACT)

    assert (await shop.row(document_id, EXTRACT)).state == "done"
    assert await found_by_words(shop, "wool") == set()
    await shop.run(document_id, CLASSIFY, EMBED)
    assert await found_by_words(shop, "wool") == set(await chunk_ids(shop, document_id))


async def test_a_document_deleted_while_it_is_read_leaves_no_words(shop: Workshop) -> None:
    document_id = await shop.document(LONG)

    async def deleted() -> None:
        async with shop.database.writing() as session:
            assert await DeletionRepository(session, shop.owner_id).hide(document_id)

    shop.extractor.trouble = deleted
    await shop.run(document_id, EXTRACT)

    assert await found_by_words(shop, "wool") == set()


async def test_documents_are_cut_at_the_same_time(shop: Workshop) -> None:
    documents = [await shop.document(f"{LONG} {n}") for n in range(6)]

    await asyncio.gather(*(shop.run(document_id, EXTRACT) for document_id in documents))

    assert len({len(await chunk_ids(shop, document_id)) for document_id in documents}) == 1


async def test_reading_again_replaces_everything(shop: Workshop) -> None:
    document_id = await shop.document(LONG)
    await shop.run(document_id, *STAGE_ORDER)
    first = await chunk_ids(shop, document_id)
    async with shop.database.writing() as session:
        await StageRepository(session).reopen(document_id, STAGE_ORDER)

    await shop.run(document_id, *STAGE_ORDER)

    second = await chunk_ids(shop, document_id)
    assert len(first) == len(second)
    assert not set(first) & set(second)
    assert await shop.vectors.count() == len(second), "nothing of the first reading is left"


async def test_embeddings_are_made_once(shop: Workshop) -> None:
    await shop.topic()
    document_id = await shop.document(LONG)
    await shop.run(document_id, *STAGE_ORDER)
    calls = shop.embedder.calls
    async with shop.database.writing() as session:
        await StageRepository(session).reopen(document_id, [CLASSIFY, EMBED])

    await shop.run(document_id, CLASSIFY, EMBED)

    assert shop.embedder.calls == calls


async def test_a_crash_between_batches_repeats_only_what_is_missing(shop: Workshop) -> None:
    document_id = await shop.document(LONG * 6)
    await shop.run(document_id, EXTRACT, CLASSIFY)

    async def die_at_the_second_batch() -> None:
        if shop.embedder.calls == 2:
            raise ZeroDivisionError

    shop.embedder.trouble = die_at_the_second_batch
    await shop.run(document_id, EMBED)
    async with shop.database.reading() as session:
        chunks = await TextRepository(session).chunks(document_id)
    kept = sum(chunk.embedding is not None for chunk in chunks)
    assert kept == 64 < len(chunks)

    await shop.make_due()
    await shop.run(document_id, EMBED)

    assert await shop.vectors.count() == len(chunks)
    assert shop.embedder.calls == 2 + -(-(len(chunks) - 64) // 64)


async def test_what_people_decided_during_the_work_stands(shop: Workshop) -> None:
    wanted, unwanted = await shop.topic("Wanted"), await shop.topic("Unwanted")
    document_id = await shop.document()
    await shop.run(document_id, EXTRACT)

    async def decide() -> None:
        async with shop.database.writing() as session:
            topics = TopicRepository(session, shop.owner_id)
            await topics.set_by_user(document_id, [wanted, unwanted])
            await topics.set_by_user(document_id, [wanted])

    shop.classifier.trouble = decide
    await shop.run(document_id, CLASSIFY)

    rows = {link.topic_id: link for link in (await shop.look(document_id)).topics}
    assert (rows[wanted].source, rows[wanted].rejected) == ("user", False)
    assert (rows[unwanted].source, rows[unwanted].rejected) == ("user", True)


async def test_a_topic_that_is_deleted_during_the_work_is_left_out(shop: Workshop) -> None:
    gone, kept = await shop.topic("Gone"), await shop.topic("Kept")
    document_id = await shop.document()
    await shop.run(document_id, EXTRACT)

    async def delete() -> None:
        async with shop.database.writing() as session:
            await TopicRepository(session, shop.owner_id).remove(gone)

    shop.classifier.trouble = delete
    await shop.run(document_id, CLASSIFY)

    assert (await shop.row(document_id, CLASSIFY)).state == "done"
    assert [link.topic_id for link in (await shop.look(document_id)).topics] == [kept]


async def test_a_document_has_a_vector_with_and_without_a_classifier(shop: Workshop) -> None:
    plain = await shop.document("plain")
    await shop.run(plain, EXTRACT, CLASSIFY, EMBED)
    await shop.topic()
    classified = await shop.document("classified")
    await shop.run(classified, EXTRACT, CLASSIFY)

    async with shop.database.reading() as session:
        for document_id in (plain, classified):
            vector = await TextRepository(session).vector(document_id, "fake")
            assert vector is not None
            assert np.linalg.norm(np.frombuffer(vector, np.float32)) == pytest.approx(1)


def test_a_kept_embedding_is_nearly_the_same() -> None:
    vectors = np.random.default_rng(1).standard_normal((5, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    chunks = [ChunkText(uuid4(), n, 1, "", None, None) for n in range(5)]

    kept = stored_embeddings(chunks, vectors)

    assert [found for found, _ in kept] == [chunk.id for chunk in chunks]
    for n, (_, data) in enumerate(kept):
        assert len(data) == 2 * 384
        assert float(unpack(data) @ vectors[n]) > 0.99999


def test_the_vector_of_a_document_is_the_mean_direction() -> None:
    matrix = np.array([[1, 0], [0, 1]], dtype=np.float32)

    assert document_vector(matrix) == pytest.approx([0.5**0.5, 0.5**0.5])
