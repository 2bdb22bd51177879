"""G3: born-digital documents a second on one core, from the first upload to the last one ready.

The reference is a loop over the bare pieces on the same core and the same files.
"""

import time
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import count

from tests.assembly import embedded
from tests.bench.bare_ingest import BareIngest
from tests.bench.findings import Finding, ratio_of
from tests.bench.papers import LEAST_CHARACTERS, marked, papers
from tests.bench.rounds import compare
from tests.bench.workplace import Workplace, on_cores
from tests.vault import Vault

WANTED = 0.75
CAP = 5.0
# A round; all rounds together are several times the hundred of the goal.
PAPERS = 40
# Asking takes time from the core that is measured.
_PAUSE = 0.2
_PATIENCE = 600
TOPICS = {
    "Invoices": "Bills, amounts due, payment terms, bank transfers and receipts.",
    "Contracts": "Agreements between parties, obligations, terms, signatures and termination.",
    "Research": "Scientific papers: methods, experiments, results, references and data.",
    "Manuals": "How to install, configure, operate and repair software and machines.",
    "Letters": "Correspondence with people, agencies and companies.",
    "Law": "Acts, regulations, court rulings and legal opinions.",
}
# As in production: the assembly's own settings make tests quick, not documents.
_SETTINGS = {
    "DOCUVAULT_QUEUE__LEASE_SECONDS": "120",
    "DOCUVAULT_QUEUE__HEARTBEAT_SECONDS": "30",
    "DOCUVAULT_QUEUE__SWEEP_SECONDS": "15",
}


def measure(workplace: Workplace) -> list[Finding]:
    """Rounds of the same files, with other bytes in each."""
    files = papers(PAPERS)
    room = workplace.room("ingest")
    bare_room = workplace.room("ingest-bare")
    marks = count()
    server, client = workplace.server_cores, workplace.client_cores
    with ExitStack() as stack:
        with on_cores(server):
            assembly = stack.enter_context(embedded(workplace.model_dir, room, **_SETTINGS))
            bare = BareIngest(bare_room, workplace.model_dir, [*TOPICS.values()])
        stack.callback(bare.close)
        vault = stack.enter_context(Vault(assembly.base_url))
        for name, description in TOPICS.items():
            vault.topic(name, description)

        def ours() -> float:
            with on_cores(client):
                return _through_product(vault, _named(files, next(marks)))

        def reference() -> float:
            with on_cores(server):
                return _through_pieces(bare, _named(files, next(marks)))

        compared = compare(ours, reference, workplace.rounds)
    return [
        Finding(
            goal="G3",
            what=f"born-digital PDFs of 1 to 3 pages, {PAPERS} a round, to ready",
            ours=f"{compared.ours:.2f}/s",
            reference=f"{compared.reference:.2f}/s",
            ratio=ratio_of(compared),
            target=f"≥ {WANTED}x, ≥ {CAP:.0f}/s",
            met=compared.ratio >= WANTED and compared.ours >= CAP,
            note=f"{LEAST_CHARACTERS:,} characters a page or more",
        )
    ]


def _named(files: Sequence[bytes], mark: int) -> list[tuple[str, bytes]]:
    return [(f"{mark}-{number}.pdf", marked(file, mark)) for number, file in enumerate(files)]


def _through_product(vault: Vault, files: Sequence[tuple[str, bytes]]) -> float:
    """Documents a second, one upload after the other."""
    before = _ready(vault)
    started = time.perf_counter()
    for name, content in files:
        response = vault.upload(name, content)
        if response.status_code != 201:
            raise RuntimeError(f"An upload was refused:\n{response.text}")
    while _ready(vault) < before + len(files):
        if time.perf_counter() - started > _PATIENCE:
            raise RuntimeError("Documents were not ready in time.")
        time.sleep(_PAUSE)
    return len(files) / (time.perf_counter() - started)


def _ready(vault: Vault) -> int:
    found: int = vault.get("/api/documents", status="ready", per_page=1)["total"]
    return found


def _through_pieces(bare: BareIngest, files: Sequence[tuple[str, bytes]]) -> float:
    started = time.perf_counter()
    for name, content in files:
        bare.keep(name, content)
    return len(files) / (time.perf_counter() - started)
