"""The bare pieces of processing in one loop: hash, file, text, chunks, vectors, rows, index."""

import hashlib
import os
import sqlite3
from pathlib import Path
from uuid import uuid4

import numpy as np
import pypdfium2
from pysqlite3 import dbapi2
from qdrant_edge import (
    Bm25,
    Bm25Config,
    Distance,
    EdgeConfig,
    EdgeShard,
    EdgeSparseVectorParams,
    EdgeVectorParams,
    Modifier,
    Point,
    UpdateOperation,
)

from docuvault.config.settings import SearchSettings
from docuvault.search.chunking import Chunker
from docuvault.search.vectors.edge import _FLUSH_AFTER
from docuvault.search.vectors.edge_folder import PREPARED, sync_path
from tests.bench.bare_embedding import BareEmbedder

_DIMENSIONS = 384
_TABLES = """
PRAGMA journal_mode=WAL;
PRAGMA synchronous=FULL;
CREATE TABLE documents (id TEXT PRIMARY KEY, sha256 TEXT UNIQUE, name TEXT, topic INTEGER);
CREATE TABLE pages (document_id TEXT, number INTEGER, text TEXT);
CREATE TABLE chunks (id TEXT PRIMARY KEY, document_id TEXT, page INTEGER, embedding BLOB);
CREATE VIRTUAL TABLE words USING fts5(text);
"""


class BareIngest:
    """A vault without a product: what any program with these pieces has to do for a document."""

    def __init__(self, folder: Path, model_dir: Path, topics: list[str]) -> None:
        settings = SearchSettings()
        tokenizer = model_dir / "tokenizer.json"
        self._folder = folder
        self._embedder = BareEmbedder(model_dir / "model.onnx", tokenizer)
        self._chunker = Chunker(tokenizer, settings.chunk_tokens, settings.chunk_overlap)
        self._topics = self._embedder.vectors(topics)
        self._bm25 = Bm25(Bm25Config(avg_len=settings.bm25_average_words, language="english"))
        self._database: sqlite3.Connection = dbapi2.connect(str(folder / "bare.db"))
        self._database.executescript(_TABLES)
        (folder / "shard").mkdir()
        self._unflushed = 0
        self._shard = EdgeShard.create(
            str(folder / "shard"),
            EdgeConfig(
                vectors={"dense": EdgeVectorParams(size=_DIMENSIONS, distance=Distance.Cosine)},
                sparse_vectors={"words": EdgeSparseVectorParams(modifier=Modifier.Idf)},
            ),
        )

    def keep(self, name: str, content: bytes) -> int:
        """All that is done for one PDF, in one transaction; returns how many chunks it has."""
        document_id = str(uuid4())
        sha256 = hashlib.sha256(content).hexdigest()
        with (self._folder / sha256).open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        pages = [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(content)]
        chunks = [
            (str(uuid4()), number, text[span.start : span.end])
            for number, text in enumerate(pages, start=1)
            for span in self._chunker.chunk_page(text)
        ]
        dense = self._embedder.vectors([text for _, _, text in chunks])
        topic = int((self._topics @ dense[:4].mean(axis=0)).argmax())
        with self._database as database:
            database.execute(
                "INSERT INTO documents VALUES (?, ?, ?, ?)", (document_id, sha256, name, topic)
            )
            database.executemany(
                "INSERT INTO pages VALUES (?, ?, ?)",
                [(document_id, number, text) for number, text in enumerate(pages, start=1)],
            )
            database.executemany("INSERT INTO words VALUES (?)", [(text,) for text in pages])
            database.executemany(
                "INSERT INTO chunks VALUES (?, ?, ?, ?)",
                [
                    (chunk_id, document_id, number, vector.astype(np.float16).tobytes())
                    for (chunk_id, number, _), vector in zip(chunks, dense, strict=True)
                ],
            )
        self._shard.update(
            UpdateOperation.upsert_points(
                [
                    Point(
                        chunk_id,
                        {"dense": vector.tolist(), "words": self._bm25.embed_document(text)},
                        {"document_id": document_id, "page": number},
                    )
                    for (chunk_id, number, text), vector in zip(chunks, dense, strict=True)
                ]
            )
        )
        self._settle(len(chunks))
        return len(chunks)

    def _settle(self, points: int) -> None:
        """As the product does: the log survives a power cut, segments are written now and then."""
        log = self._folder / "shard" / "wal"
        for path in log.iterdir():
            if not path.name.startswith(PREPARED):
                sync_path(path)
        sync_path(log)
        self._unflushed += points
        if self._unflushed >= _FLUSH_AFTER:
            self._unflushed = 0
            self._shard.flush()

    def close(self) -> None:
        """Close database and index."""
        self._database.close()
        self._shard.close()
