"""How well the local classifier files news: accuracy, and what its confidences are worth.

Needs the training part of Reuters-21578 (ModApte) as `$QUALITY/reuters/train.jsonl`, one JSON
object a line with `topics`, `title` and `text`. Run from `backend`:

    QUALITY=<folder> python -m tests.quality.topics [--write]

`--write` puts the table into docs/performance.md. Every figure is of documents that no example was
taken from. "strangers" are documents of other topics than the offered ones, which should get none.
"""

import argparse
import asyncio
import json
import os
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import mean
from typing import Any
from uuid import UUID, uuid5

from docuvault.ai.base import ClassifiableDocument, TopicProfile, Vector
from docuvault.ai.local import LocalEmbedder
from docuvault.ai.local_classifier import LocalClassifier
from docuvault.config.settings import AISettings
from tests.performance_page import write_between_marks

TOPICS = {
    "earn": ("Company earnings", "Quarterly and annual results of a company: net profit or loss,"
             " revenue, sales, earnings per share and dividends."),
    "acq": ("Mergers and acquisitions", "A company buys another company, a stake or shares in it;"
            " takeover bids, tender offers, mergers and sales of units."),
    "crude": ("Crude oil", "Crude oil and petroleum: prices per barrel, OPEC, production quotas,"
              " refineries, drilling and energy companies."),
    "trade": ("International trade", "Trade between countries: exports, imports, tariffs, trade"
              " deficits and surpluses, protectionism, trade disputes and negotiations."),
    "money-fx": ("Foreign exchange", "Currency markets: the dollar, yen, mark and sterling,"
                 " exchange rates, central bank intervention and money market operations."),
    "interest": ("Interest rates", "Interest rates of central banks and commercial banks: prime"
                 " rate, discount rate, lending rates, rises and cuts."),
    "money-supply": ("Money supply", "Money supply figures of a central bank: M1, M2 and M3"
                     " aggregates, growth of money stock and credit."),
    "ship": ("Shipping", "Ships and shipping: vessels, tankers, ports, cargo, freight, sea lanes,"
             " strikes of port workers, attacks on ships."),
}  # fmt: skip
SHOTS = (0, 1, 4, 8, 16)
SEEDS = 5
STRANGERS = 400
_NAMESPACE = UUID("3b0c7d0e-6f0f-4a58-9f37-1f1b8c3f6f10")


@dataclass(frozen=True)
class News:
    """One document with its only topic and its vector."""

    topic: str
    vector: Vector


@dataclass(frozen=True)
class Figures:
    """One run over held-out documents."""

    accuracy: float
    macro: float
    precision: float
    coverage: float
    strangers: float
    milliseconds: float


def topic_id(topic: str) -> UUID:
    return uuid5(_NAMESPACE, topic)


def profiles(examples: dict[str, list[Vector]]) -> list[TopicProfile]:
    return [
        TopicProfile(topic_id(topic), name, description, tuple(examples.get(topic, ())))
        for topic, (name, description) in TOPICS.items()
    ]


async def measure(
    classifier: LocalClassifier,
    known: Sequence[News],
    strangers: Sequence[News],
    shots: int,
    seed: int,
) -> Figures:
    shuffled = list(known)
    Random(seed).shuffle(shuffled)
    examples: dict[str, list[Vector]] = {topic: [] for topic in TOPICS}
    held_out: list[News] = []
    for news in shuffled:
        if len(examples[news.topic]) < shots:
            examples[news.topic].append(news.vector)
        else:
            held_out.append(news)
    offered = profiles(examples)
    await classify(classifier, held_out[0], offered)  # the fit is not part of the time
    right: Counter[str] = Counter()
    given = given_right = 0
    started = time.perf_counter()
    for news in held_out:
        best = (await classify(classifier, news, offered))[0]
        correct = best[0] == topic_id(news.topic)
        right[news.topic] += correct
        given += best[1] >= 0.5
        given_right += best[1] >= 0.5 and correct
    elapsed = time.perf_counter() - started
    total = Counter(news.topic for news in held_out)
    misled = 0
    for news in strangers:
        misled += (await classify(classifier, news, offered))[0][1] >= 0.5
    return Figures(
        accuracy=right.total() / len(held_out),
        macro=mean(right[topic] / total[topic] for topic in TOPICS),
        precision=given_right / max(given, 1),
        coverage=given / len(held_out),
        strangers=misled / len(strangers),
        milliseconds=1000 * elapsed / len(held_out),
    )


async def classify(
    classifier: LocalClassifier, news: News, offered: Sequence[TopicProfile]
) -> list[tuple[UUID, float]]:
    # Without text there is no passage to quote, and quoting is not what is measured here.
    document = ClassifiableDocument("news", "news.txt", "", news.vector)
    found = await classifier.classify(document, offered)
    return [(suggestion.topic_id, suggestion.confidence) for suggestion in found.suggestions]


def read(path: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Documents of the offered topics, and a sample of those of others."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    single = [row for row in rows if len(row["topics"]) == 1]
    known = [row for row in single if row["topics"][0] in TOPICS]
    others = [row for row in single if row["topics"][0] not in TOPICS]
    return known, Random(0).sample(others, min(STRANGERS, len(others)))


async def embed(embedder: LocalEmbedder, rows: Sequence[dict[str, Any]]) -> list[News]:
    vectors = await embedder.embed([f"{row['title']}\n{row['text']}" for row in rows])
    return [News(row["topics"][0], vector) for row, vector in zip(rows, vectors, strict=True)]


def table(found: dict[int, list[Figures]]) -> str:
    """A line per number of examples, means of the seeds."""
    rows = [
        f"| {shots} | {mean(run.accuracy for run in runs):.3f}"
        f" | {mean(run.macro for run in runs):.3f}"
        f" | {mean(run.precision for run in runs):.3f} | {mean(run.coverage for run in runs):.3f}"
        f" | {mean(run.strangers for run in runs):.3f}"
        f" | {mean(run.milliseconds for run in runs):.2f} |"
        for shots, runs in found.items()
    ]
    head = (
        "| examples a topic | accuracy | macro | precision at 0.5 | coverage at 0.5"
        " | strangers at 0.5 | ms a document |\n"
    )
    return head + "|--|--|--|--|--|--|--|\n" + "\n".join(rows) + "\n"


async def main(options: argparse.Namespace) -> None:
    path = Path(os.environ["QUALITY"]) / "reuters" / "train.jsonl"
    with tempfile.TemporaryDirectory() as folder:
        embedder = LocalEmbedder(Path(folder), threads=os.cpu_count() or 1)
        known, strangers = [await embed(embedder, rows) for rows in read(path)]
        classifier = LocalClassifier(embedder, AISettings())
        print(f"{len(known)} documents of {len(TOPICS)} topics, {len(strangers)} strangers")
        found = {
            shots: [
                await measure(classifier, known, strangers, shots, seed)
                for seed in range(SEEDS if shots else 1)
            ]
            for shots in SHOTS
        }
        await embedder.close()
    print(table(found))
    if options.write:
        write_between_marks("quality:topics", table(found))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="topics")
    parser.add_argument("--write", action="store_true")
    asyncio.run(main(parser.parse_args()))
