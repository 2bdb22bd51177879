"""The embedder that needs nobody else: an int8 MiniLM on onnxruntime, in this process."""

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from docuvault.ai.base import Matrix, Vector
from docuvault.ai.model import DIMENSIONS, MAX_TOKENS, MODEL_ID, load_tokenizer, prepare_model

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# Texts per trip to a thread: small enough that a cancelled caller stops within a second.
_SLICE = 16
# No text of the model's window is longer; the tokenizer need not read a whole book.
_MAX_CHARACTERS = 32_768
_CACHED_TEXTS = 512
_CACHED_CHARACTERS = 1024


@dataclass(frozen=True, slots=True)
class _Engine:
    """A loaded model; both parts may be used by several threads at once."""

    session: Any
    tokenizer: "Tokenizer"

    def vector(self, text: str) -> Vector:
        ids = self.tokenizer.encode(text[:_MAX_CHARACTERS]).ids
        (rows,) = self.session.run(None, {"input_ids": np.array([ids], np.int64)})
        vector: Vector = rows[0]
        return vector


class LocalEmbedder:
    """Embeds in worker threads, so that the event loop stays free; loads on first use.

    Texts pass through the model one at a time: its activations are rounded per call, so a text
    beside others would get another vector, and alone it is no slower. The same text therefore
    has the same vector, bit for bit, whatever it is embedded with.
    """

    def __init__(self, model_dir: Path, threads: int = 1) -> None:
        self._model_dir = model_dir
        self._threads = threads
        self._engine: _Engine | None = None
        self._loading = threading.Lock()
        self._cache: OrderedDict[str, Vector] = OrderedDict()

    @property
    def model_id(self) -> str:
        """Name of the model and its form."""
        return MODEL_ID

    @property
    def dimensions(self) -> int:
        """Length of every vector."""
        return DIMENSIONS

    async def embed(self, texts: Sequence[str]) -> Matrix:
        """One unit vector per text, float32 of shape (len(texts), dimensions), in input order.

        An empty text has a vector too. Raises ConfigurationError when the model cannot be prepared.
        """
        if len(texts) == 1 and len(texts[0]) <= _CACHED_CHARACTERS:
            return await self._embed_cached(texts[0])
        vectors = np.empty((len(texts), DIMENSIONS), np.float32)
        for start in range(0, len(texts), _SLICE):
            part = texts[start : start + _SLICE]
            vectors[start : start + len(part)] = await asyncio.to_thread(self._embed, part)
        return vectors

    async def close(self) -> None:
        """Give back the model's memory; a later call loads it again."""
        self._engine = None
        self._cache.clear()

    async def _embed_cached(self, text: str) -> Matrix:
        """People page through results, so one query often comes several times."""
        vector = self._cache.pop(text, None)
        if vector is None:
            vector = (await asyncio.to_thread(self._embed, [text]))[0]
        self._cache[text] = vector
        if len(self._cache) > _CACHED_TEXTS:
            self._cache.popitem(last=False)
        return vector[np.newaxis].copy()

    def _embed(self, texts: Sequence[str]) -> Matrix:
        engine = self._loaded()
        return np.stack([engine.vector(text) for text in texts])

    def _loaded(self) -> _Engine:
        engine = self._engine
        if engine is None:
            with self._loading:
                engine = self._engine = self._engine or self._load()
        return engine

    def _load(self) -> _Engine:
        import onnxruntime  # tens of megabytes that a process without embeddings can spare

        model = prepare_model(self._model_dir)
        tokenizer = load_tokenizer(self._model_dir)
        tokenizer.enable_truncation(MAX_TOKENS)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Idle threads must not burn the processor that other documents wait for.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        session = onnxruntime.InferenceSession(
            str(model.model_path), options, providers=["CPUExecutionProvider"]
        )
        return _Engine(session, tokenizer)
