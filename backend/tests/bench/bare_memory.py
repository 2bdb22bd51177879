"""The bare pieces of the embedded product in one process, for its memory: imports, model, shard.

    python -m tests.bench.bare_memory MODEL_DIR SHARD_DIR

Says `ready` once everything is loaded and one text was embedded, then waits for the end of its
input.
"""

import sys
from pathlib import Path

import onnxruntime
import pypdfium2
from qdrant_edge import EdgeShard
from tokenizers import Tokenizer

from tests.bench import bare_start
from tests.bench.bare_embedding import BareEmbedder


def main() -> None:
    """Load, say so, wait."""
    model, shard_dir = map(Path, sys.argv[1:])
    embedder = BareEmbedder(model / "model.onnx", model / "tokenizer.json")
    embedder.vector("A first text.")
    shards = [EdgeShard.load(str(path)) for path in shard_dir.glob("shard-*")]
    held = (bare_start.PIECES, onnxruntime, pypdfium2, Tokenizer, embedder, shards)
    print("ready", len(held), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
