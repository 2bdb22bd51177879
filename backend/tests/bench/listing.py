"""G16: a page of 25 documents out of 100,000, with the owner filter, in both assemblies."""

import asyncio
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.request import urlopen

from tests.assembly import Assembly, embedded, services
from tests.bench.bare_server import bare_server
from tests.bench.filled import DOCUMENTS, fill_database, filled
from tests.bench.findings import Finding, ratio_of
from tests.bench.load import Target, measure_load
from tests.bench.rounds import Comparison, compare
from tests.bench.workplace import Workplace, pin

_FEW = 1_000
_DEEP_PAGE = 2_000
_LEAST_RATE = 800
_NUMBERED = "/api/documents?page={}"


def measure(workplace: Workplace) -> Iterator[Finding]:
    """Against the bare queries, against few documents, and a page far down against the first."""
    for name, assembly in (("embedded", _embedded), ("services", _services)):
        with ExitStack() as stack:
            ours = stack.enter_context(assembly(workplace, DOCUMENTS))
            few = stack.enter_context(assembly(workplace, _FEW))
            bare = stack.enter_context(bare_server(workplace, "bare_listing", _database_of(ours)))
            yield from _measure(workplace, name, ours, few, bare)


def _measure(
    workplace: Workplace, name: str, ours: Assembly, few: Assembly, bare: str
) -> list[Finding]:
    first = Target(ours.base_url, ["/api/documents"])
    reference = Target(bare, ["/list"])

    def p50(target: Target) -> float:
        return measure_load(workplace, target, 1).p50

    def rate(target: Target) -> float:
        return measure_load(workplace, target, 32).rate

    def against(other: Target, ours: Target = first) -> Comparison:
        return compare(lambda: p50(ours), lambda: p50(other), workplace.rounds)

    rates = compare(lambda: rate(first), lambda: rate(reference), workplace.rounds)
    latency = against(reference)
    growth = against(Target(few.base_url, ["/api/documents"]))
    cursor = against(first, Target(ours.base_url, [_by_cursor(ours, _DEEP_PAGE)]))
    # Pages by number are for people who jump; no goal is set for them.
    numbered = p50(Target(ours.base_url, [_NUMBERED.format(_DEEP_PAGE)]))
    return [
        Finding(
            "G16",
            f"list 25 of {DOCUMENTS:,}, 32 connections",
            f"{rates.ours:.0f}/s",
            f"{rates.reference:.0f}/s",
            ratio_of(rates),
            f"≥ 0.25 and ≥ {_LEAST_RATE}/s",
            rates.ratio >= 0.25 and rates.ours >= _LEAST_RATE,
            name,
        ),
        _at_most("the same, one connection, p50", name, latency, 4),
        _at_most(f"{DOCUMENTS:,} against {_FEW:,} documents, p50", name, growth, 1.3),
        _at_most(
            f"place of page {_DEEP_PAGE:,} by cursor against page 1, p50",
            f"{name}; by number {numbered:.1f} ms",
            cursor,
            1.3,
        ),
    ]


def _at_most(what: str, note: str, found: Comparison, most: float) -> Finding:
    return Finding(
        "G16",
        what,
        f"{found.ours:.2f} ms",
        f"{found.reference:.2f} ms",
        ratio_of(found),
        f"≤ {most}",
        found.ratio <= most,
        note,
    )


def _by_cursor(assembly: Assembly, page: int) -> str:
    with urlopen(assembly.base_url + _NUMBERED.format(page - 1), timeout=30) as answer:
        cursor = json.load(answer)["next_cursor"]
    return f"/api/documents?cursor={cursor}"


def _database_of(assembly: Assembly) -> str:
    return assembly.environment.get("DATABASE_URL") or f"{assembly.folder}/data/docuvault.db"


@contextmanager
def _embedded(workplace: Workplace, documents: int) -> Iterator[Assembly]:
    folder = filled(workplace, documents)
    with embedded(workplace.model_dir, folder, DOCUVAULT_QUEUE__SWEEP_SECONDS="15") as running:
        pin(running.processes["serve"].pid, workplace.server_cores)
        yield running


@contextmanager
def _services(workplace: Workplace, documents: int) -> Iterator[Assembly]:
    """Without worker and beat; the servers under the API run on the client's cores."""
    before = os.sched_getaffinity(0)
    folder = workplace.room(f"listing-services-{documents}")
    os.sched_setaffinity(0, workplace.client_cores)
    try:
        running = services(workplace.model_dir, folder, processing=False)
        with running as assembly:
            os.sched_setaffinity(0, before)
            pin(assembly.processes["serve"].pid, workplace.server_cores)
            asyncio.run(
                fill_database(assembly.environment["DATABASE_URL"], workplace.model_dir, documents)
            )
            yield assembly
    finally:
        os.sched_setaffinity(0, before)
