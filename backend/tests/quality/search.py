"""How well the product finds: judged searches of the Cranfield collection, leg by leg.

Needs the collection as `$QUALITY/cranfield/` (cran.all.1400, cran.qry, cranqrel). Run from
`backend`:

    QUALITY=<folder> python -m tests.quality.search [embedded] [services] [--write]

Every abstract is uploaded as a text file and every query asked over HTTP. A document judged 1 to 4
counts as relevant; queries are numbered by their position. `--write` puts the table of both
assemblies into docs/performance.md.
"""

import argparse
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
from tests.performance_page import write_between_marks
from tests.vault import Vault

MODES = ("hybrid", "meaning", "words")
DEPTH = 100
ASSEMBLIES = ("embedded", "services")
# What the same pieces reach outside of the product, rounded down.
GOAL = 0.40
# How far the assemblies may be apart.
APART = 0.01


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


@dataclass(frozen=True)
class Figures:
    """Of one way of searching: mean nDCG@10, mean recall@100, median milliseconds of a search."""

    ndcg: float
    recall: float
    milliseconds: float


def measure(vault: Vault, collection: Collection, mode: str) -> Figures:
    """Ask every query that has an answer."""
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
    return Figures(mean(gains), mean(recalls), median(times))


def measure_assembly(name: str, collection: Collection) -> dict[str, Figures]:
    """All ways of searching on a vault of its own."""
    start = embedded if name == "embedded" else services
    with (
        tempfile.TemporaryDirectory(prefix="docuvault-quality-") as folder,
        start(prepared_model(), Path(folder)) as assembly,
        Vault(assembly.base_url) as vault,
    ):
        rate = upload_all(vault, collection.texts)
        print(f"{name}: {len(collection.texts)} texts at {rate:.1f} documents/s", file=sys.stderr)
        return {mode: measure(vault, collection, mode) for mode in MODES}


def table(found: dict[str, dict[str, Figures]]) -> str:
    """A line per way of searching, all assemblies side by side."""
    names = [*found]
    heads = [f"{figure}, {name}" for figure in ("nDCG@10", "recall@100", "ms") for name in names]
    rows = []
    for mode in MODES:
        figures = [found[name][mode] for name in names]
        cells = [
            *(f"{one.ndcg:.3f}" for one in figures),
            *(f"{one.recall:.3f}" for one in figures),
            *(f"{one.milliseconds:.1f}" for one in figures),
            f"{apart(found, mode):.3f}",
        ]
        rows.append(f"| {mode} | {' | '.join(cells)} |")
    head = f"| search | {' | '.join(heads)} | nDCG apart |\n|--|{'--|' * (len(heads) + 1)}\n"
    return head + "\n".join(rows) + "\n"


def apart(found: dict[str, dict[str, Figures]], mode: str) -> float:
    """How far the nDCG of the assemblies differs."""
    gains = [figures[mode].ndcg for figures in found.values()]
    return max(gains) - min(gains)


def faults(found: dict[str, dict[str, Figures]]) -> list[str]:
    """What is worse than it should be, in sentences."""
    sentences = [
        f"{name}: the hybrid is below its goal or below one of its parts"
        for name, figures in found.items()
        if figures["hybrid"].ndcg < max(GOAL, *(one.ndcg for one in figures.values()))
    ]
    return sentences + [
        f"{mode}: the assemblies differ" for mode in MODES if apart(found, mode) > APART
    ]


def main() -> None:
    """Print the table; fails when the hybrid is too low, or the assemblies differ."""
    parser = argparse.ArgumentParser(prog="search")
    parser.add_argument("assemblies", nargs="*", metavar="ASSEMBLY", help=", ".join(ASSEMBLIES))
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    if unknown := set(options.assemblies) - set(ASSEMBLIES):
        parser.error(f"no such assembly: {', '.join(sorted(unknown))}")
    if options.write and options.assemblies and set(options.assemblies) != set(ASSEMBLIES):
        parser.error("--write needs both assemblies, which stand side by side in the table")
    quality = os.environ.get("QUALITY")
    if quality is None:
        sys.exit("not run: set QUALITY to the folder with cranfield/")
    collection = read_collection(Path(quality) / "cranfield")
    names = options.assemblies or [*ASSEMBLIES]
    found: dict[str, dict[str, Figures]] = {}
    for name in names:
        found[name] = measure_assembly(name, collection)
        # All so far, since the next one takes its time.
        print(table(found), flush=True)
    if options.write:
        write_between_marks("quality:search", table(found))
    if complaints := faults(found):
        sys.exit("; ".join(complaints))


if __name__ == "__main__":
    main()
