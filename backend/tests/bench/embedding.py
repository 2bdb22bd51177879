"""G9: chunks a second through the product's embedder, against the bare session with the same model.

The second reference is the same graph in 32 bits, which also says what the eight bits cost.
"""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from safetensors.numpy import load_file

from docuvault.ai.bert_graph import build_bert
from docuvault.ai.local import LocalEmbedder
from docuvault.ai.model import _WEIGHTS, _WEIGHTS_SHA256, _packaged
from docuvault.ai.model_build import _SHAPE
from tests.bench.bare_embedding import BareEmbedder
from tests.bench.findings import Finding, ratio_of
from tests.bench.passages import passages
from tests.bench.rounds import Comparison, compare
from tests.bench.workplace import Workplace, on_cores

CHUNKS = 200
# Of these, so many a round, so that rounds stay short beside changes of the machine's speed.
CHUNKS_A_ROUND = 80
OF_INT8 = 0.9
OF_FP32 = 1.7
LEAST_COSINE = 0.98


def measure(workplace: Workplace) -> list[Finding]:
    """Throughput on one core with one thread, and how far int8 strays from 32 bits."""
    with on_cores(workplace.server_cores), asyncio.Runner() as runner:
        return _measure(workplace, runner)


def _measure(workplace: Workplace, runner: asyncio.Runner) -> list[Finding]:
    chunks = passages(workplace.model_dir, CHUNKS)
    tokenizer = workplace.model_dir / "tokenizer.json"
    int8 = BareEmbedder(workplace.model_dir / "model.onnx", tokenizer)
    graph = build_bert(load_file(_packaged(_WEIGHTS, _WEIGHTS_SHA256)), _SHAPE)
    fp32 = BareEmbedder(graph.SerializeToString(), tokenizer)
    embedder = LocalEmbedder(workplace.model_dir, threads=1)
    some = chunks[:: CHUNKS // CHUNKS_A_ROUND][:CHUNKS_A_ROUND]

    def ours(texts: list[str]) -> Any:
        return runner.run(embedder.embed(texts))

    def against(bare: BareEmbedder) -> Comparison:
        return compare(
            partial(_rate, ours, some), partial(_rate, bare.vectors, some), workplace.rounds
        )

    cosines = (ours(chunks) * fp32.vectors(chunks)).sum(axis=1)
    least = float(cosines.min())
    findings = [
        _finding("embedding against the bare int8 session", against(int8), OF_INT8),
        _finding("embedding against the same graph in 32 bits", against(fp32), OF_FP32),
        Finding(
            goal="G9",
            what=f"cosine of {CHUNKS} chunks to 32 bits",
            ours=f"{least:.3f} at least, {np.mean(cosines):.3f} mean",
            reference="1",
            ratio="-",
            target=f"≥ {LEAST_COSINE}",
            met=least >= LEAST_COSINE,
        ),
    ]
    runner.run(embedder.close())
    return findings


def _rate(embed: Callable[[list[str]], Any], texts: list[str]) -> float:
    """Chunks a second."""
    started = time.perf_counter()
    embed(texts)
    return len(texts) / (time.perf_counter() - started)


def _finding(what: str, compared: Comparison, wanted: float) -> Finding:
    return Finding(
        goal="G9",
        what=what,
        ours=f"{compared.ours:.1f}/s",
        reference=f"{compared.reference:.1f}/s",
        ratio=ratio_of(compared),
        target=f"≥ {wanted}x",
        met=compared.ratio >= wanted,
    )
