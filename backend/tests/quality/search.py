"""How well the product finds: judged searches of the Cranfield collection, leg by leg.

Needs the collection as `$QUALITY/cranfield/` (cran.all.1400, cran.qry, cranqrel). Run from
`backend`:

    QUALITY=<folder> python -m tests.quality.search [embedded|services]

Every abstract is uploaded as a text file and every query asked over HTTP. A document judged 1 to 4
counts as relevant; queries are numbered by their position.
"""

import math
import os
import re
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median

from tests.assembly import embedded, services
from tests.conftest import prepared_model
from tests.vault import Vault

MODES = ("hybrid", "meaning", "words")
DEPTH = 100
# What the same pieces reach outside of the product, rounded down.
GOAL = 0.40


@dataclass(frozen=True)
class Collection:
    """Texts by number, queries in order, and per query the numbers judged relevant."""

    texts: dict[int, str]
    queries: list[str]
    relevant: list[set[int]]


def read_collection(folder: Path) -> Collection:
    """Read the three files."""
    texts = {
        int(number): body.strip()
        for number, body in re.findall(
            r"\.I (\d+)\n.*?\.W\n(.*?)(?=\.I \d+\n|\Z)",
            (folder / "cran.all.1400").read_text(errors="replace"),
            flags=re.S,
        )
    }
    queries = [
        " ".join(body.split())
        for body in re.findall(
            r"\.W\n(.*?)(?=\.I \d+\n|\Z)", (folder / "cran.qry").read_text(), flags=re.S
        )
    ]
    relevant: list[set[int]] = [set() for _ in queries]
    for line in (folder / "cranqrel").read_text().splitlines():
        query, document, judgement = (int(part) for part in line.split())
        if 1 <= judgement <= 4:
            relevant[query - 1].add(document)
    return Collection(texts, queries, relevant)


def upload_all(vault: Vault, texts: dict[int, str]) -> float:
    """Upload every text and wait until all are searchable; returns documents per second."""
    started = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        for answer in pool.map(
            lambda item: vault.upload(f"{item[0]}.txt", (item[1] or "-").encode()), texts.items()
        ):
            assert answer.status_code in {200, 201}, answer.text
    while any(
        vault.get("/api/documents", status=status, per_page=1)["total"]
        for status in ("pending", "processing")
    ):
        time.sleep(0.5)
    # Two of the 1,400 have no text at all.
    assert vault.get("/api/documents", status="failed", per_page=1)["total"] <= 2
    return len(texts) / (time.monotonic() - started)


def ndcg(ranking: list[int], relevant: set[int], depth: int = 10) -> float:
    """Normalised discounted cumulative gain with binary judgements."""
    gain = sum(
        1 / math.log2(place + 2)
        for place, number in enumerate(ranking[:depth])
        if number in relevant
    )
    best = sum(1 / math.log2(place + 2) for place in range(min(depth, len(relevant))))
    return gain / best if best else 0.0


def measure(vault: Vault, collection: Collection, mode: str) -> tuple[float, float, float]:
    """Mean nDCG@10, mean recall@100, median milliseconds of a search."""
    gains, recalls, times = [], [], []
    for query, relevant in zip(collection.queries, collection.relevant, strict=True):
        if not relevant:
            continue
        started = time.perf_counter()
        hits = vault.search(query, mode=mode, limit=DEPTH)["hits"]
        times.append((time.perf_counter() - started) * 1000)
        ranking = [int(hit["document"]["original_name"].removesuffix(".txt")) for hit in hits]
        gains.append(ndcg(ranking, relevant))
        recalls.append(len(relevant & set(ranking)) / len(relevant))
    return mean(gains), mean(recalls), median(times)


def main() -> None:
    """Print the table; fails when the hybrid is worse than its goal or than one of its parts."""
    quality = os.environ.get("QUALITY")
    if quality is None:
        sys.exit("not run: set QUALITY to the folder with cranfield/")
    collection = read_collection(Path(quality) / "cranfield")
    start = {"embedded": embedded, "services": services}[(sys.argv[1:] or ["embedded"])[0]]
    with (
        tempfile.TemporaryDirectory(prefix="docuvault-quality-") as folder,
        start(prepared_model(), Path(folder)) as assembly,
        Vault(assembly.base_url) as vault,
    ):
        rate = upload_all(vault, collection.texts)
        print(f"{assembly.name}: {len(collection.texts)} texts at {rate:.1f} documents/s")
        print(f"{'mode':<10} {'nDCG@10':>8} {'recall@100':>11} {'median ms':>10}")
        results = {}
        for mode in MODES:
            gain, recall, milliseconds = measure(vault, collection, mode)
            results[mode] = gain
            print(f"{mode:<10} {gain:>8.3f} {recall:>11.3f} {milliseconds:>10.1f}")
    if results["hybrid"] < max(GOAL, results["meaning"], results["words"]):
        sys.exit("the hybrid is below its goal or below one of its parts")


if __name__ == "__main__":
    main()
