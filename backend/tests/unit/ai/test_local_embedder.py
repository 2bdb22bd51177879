"""The local embedder is MiniLM: near the reference, the same in any company, never in the way."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from safetensors.numpy import load_file

from docuvault.ai.bert_graph import BertShape, build_bert, dense_inputs
from docuvault.ai.local import LocalEmbedder
from docuvault.ai.model import load_tokenizer
from tests.unit.ai.numpy_bert import NumpyBert, packaged

SENTENCES = [
    "The invoice is due within thirty days of delivery.",
    "Our cat sleeps on the warm windowsill all afternoon.",
    "Quarterly revenue rose by four percent to 12.3 million euros.",
    "Please find attached the signed lease for the flat in Hamburg.",
    "Die Rechnung für die Heizkosten liegt dem Schreiben bei.",
    "WARNING: do not operate the pump without water!",
    "Photosynthesis turns light, water and carbon dioxide into sugar and oxygen.",
    "OK",
]
LONG = "The committee met again to discuss the budget of the coming year in detail. " * 60


@pytest.fixture(scope="module")
async def embedder(model_dir: Path) -> AsyncIterator[LocalEmbedder]:
    embedder = LocalEmbedder(model_dir, threads=1)
    yield embedder
    await embedder.close()


@pytest.fixture(scope="module")
def reference() -> NumpyBert:
    return NumpyBert()


def test_the_float_graph_is_the_reference(reference: NumpyBert) -> None:
    weights = load_file(packaged("model.safetensors"))
    model = build_bert(weights, BertShape(layers=6, heads=12, hidden=384, epsilon=1e-12))
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    for text in [*SENTENCES, LONG]:
        ids = reference.tokens(text)
        (rows,) = session.run(None, {"input_ids": np.array([ids], np.int64)})
        assert np.abs(rows[0] - reference.embed(text)).max() < 1e-6


def test_turning_channels_down_changes_no_float_result(reference: NumpyBert) -> None:
    weights = load_file(packaged("model.safetensors"))
    shape = BertShape(layers=6, heads=12, hidden=384, epsilon=1e-12)
    damping = {
        name: np.linspace(1, 9, 1536 if name.endswith("gelu") else 384, dtype=np.float32)
        for name in dense_inputs(shape)
    }
    model = build_bert(weights, shape, damping)
    assert sum(node.name.endswith(".damped") for node in model.graph.node) == 18
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    ids = reference.tokens(SENTENCES[0])
    (rows,) = session.run(None, {"input_ids": np.array([ids], np.int64)})
    assert np.abs(rows[0] - reference.embed(SENTENCES[0])).max() < 1e-5


def test_the_graph_takes_texts_of_equal_length_together() -> None:
    weights = load_file(packaged("model.safetensors"))
    model = build_bert(weights, BertShape(layers=6, heads=12, hidden=384, epsilon=1e-12))
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    ids = np.array([[101, 2023, 2003, 102], [101, 7592, 2088, 102]], np.int64)
    (together,) = session.run(None, {"input_ids": ids})
    for row, vector in zip(ids, together, strict=True):
        (alone,) = session.run(None, {"input_ids": row[np.newaxis]})
        assert np.abs(alone[0] - vector).max() < 1e-6


async def test_eight_sentences_are_near_the_reference(
    embedder: LocalEmbedder, reference: NumpyBert
) -> None:
    vectors = await embedder.embed(SENTENCES)
    cosines = [
        vector @ reference.embed(text) for vector, text in zip(vectors, SENTENCES, strict=True)
    ]
    assert min(cosines) >= 0.98, cosines
    assert np.mean(cosines) >= 0.99, cosines


async def test_vectors_keep_their_meaning(embedder: LocalEmbedder) -> None:
    bill, cat, kitten, payment = await embedder.embed(
        ["invoice for electricity", "a cat", "a small kitten", "bill to be paid for power"]
    )
    assert bill @ payment > bill @ cat + 0.2
    assert cat @ kitten > cat @ payment + 0.2


async def test_vectors_are_unit_float32_in_order(embedder: LocalEmbedder) -> None:
    texts = [*SENTENCES, LONG, "", "   \n\t ", "\x00", "字" * 400]
    vectors = await embedder.embed(texts)
    assert vectors.shape == (len(texts), embedder.dimensions) == (13, 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    for text, vector in zip(texts, vectors, strict=True):
        assert ((await embedder.embed([text]))[0] == vector).all(), repr(text[:20])


async def test_nothing_is_embedded_as_nothing(embedder: LocalEmbedder) -> None:
    vectors = await embedder.embed([])
    assert vectors.shape == (0, 384)
    assert vectors.dtype == np.float32


async def test_a_text_has_the_same_vector_in_any_company(embedder: LocalEmbedder) -> None:
    texts = [f"{sentence} {number}" for number in range(6) for sentence in SENTENCES] + [LONG]
    forwards = await embedder.embed(texts)
    backwards = await embedder.embed(texts[::-1])
    assert (forwards == backwards[::-1]).all()


async def test_a_second_process_would_make_the_same_vectors(
    embedder: LocalEmbedder, model_dir: Path
) -> None:
    other = LocalEmbedder(model_dir, threads=2)
    assert (await other.embed(SENTENCES) == await embedder.embed(SENTENCES)).all()
    await other.close()


async def test_texts_beyond_the_window_are_cut(embedder: LocalEmbedder, model_dir: Path) -> None:
    tokenizer = load_tokenizer(model_dir)
    encoding = tokenizer.encode(LONG)
    assert len(encoding.ids) > 256, "the tokenizer for chunks must not cut"
    end = encoding.offsets[254][1]
    first, cut, more = await embedder.embed([LONG[:end], LONG, LONG + "Something else at last."])
    assert (first == cut).all()
    assert (cut == more).all()


async def test_many_tasks_at_once_get_their_own_vectors(model_dir: Path) -> None:
    embedder = LocalEmbedder(model_dir)
    texts = [f"{sentence} Number {number}." for number in range(5) for sentence in SENTENCES]
    together = await asyncio.gather(*(embedder.embed([text, "beside"]) for text in texts))
    alone = await embedder.embed(texts)
    assert all((pair[0] == vector).all() for pair, vector in zip(together, alone, strict=True))
    await embedder.close()


async def test_the_event_loop_stays_free(embedder: LocalEmbedder) -> None:
    await embedder.embed(["loaded"])
    work = asyncio.create_task(embedder.embed([f"{LONG} {number}" for number in range(40)]))
    longest, ticks = 0.0, 0
    while not work.done():
        started = time.perf_counter()
        await asyncio.sleep(0.005)
        longest = max(longest, time.perf_counter() - started)
        ticks += 1
    assert ticks > 10
    assert longest < 0.25, longest


async def test_a_cancelled_caller_stops_the_work(embedder: LocalEmbedder) -> None:
    work = asyncio.create_task(embedder.embed([f"{LONG} {number}" for number in range(2000)]))
    await asyncio.sleep(0.1)
    work.cancel()
    started = time.perf_counter()
    with pytest.raises(asyncio.CancelledError):
        await work
    await embedder.embed(["after"])
    assert time.perf_counter() - started < 5


async def test_a_repeated_query_is_not_embedded_again(embedder: LocalEmbedder) -> None:
    (first,) = await embedder.embed(["where is the lease"])
    first[:] = 0  # what a caller does with its vector is its own affair
    again = await embedder.embed(["where is the lease"])
    assert np.isclose(np.linalg.norm(again), 1.0)
    fresh = LocalEmbedder(embedder._model_dir)
    assert (await fresh.embed(["where is the lease"]) == again).all()
    await fresh.close()


async def test_it_works_again_after_close(model_dir: Path) -> None:
    embedder = LocalEmbedder(model_dir)
    before = await embedder.embed(["text"])
    await embedder.close()
    assert (await embedder.embed(["text"]) == before).all()
    await embedder.close()
