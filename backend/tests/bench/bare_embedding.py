"""The bare pieces of the embedder: tokenizer and session, one text after the other."""

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

MAX_TOKENS = 256


class BareEmbedder:
    """One graph of ONNX with one thread; token ids in, a unit vector out."""

    def __init__(self, graph: Path | bytes, tokenizer: Path) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(graph) if isinstance(graph, Path) else graph,
            options,
            providers=["CPUExecutionProvider"],
        )
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)

    def vector(self, text: str) -> Any:
        """The vector of one text."""
        ids = self._tokenizer.encode(text).ids
        return self._session.run(None, {"input_ids": np.array([ids], np.int64)})[0][0]

    def vectors(self, texts: list[str]) -> Any:
        """A row for each text."""
        return np.stack([self.vector(text) for text in texts])
