"""G4: how soon after an upload a document is found, by its words and by what it means."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median
from uuid import uuid4

import pypdfium2

from docuvault.ai.local import LocalEmbedder
from docuvault.ai.model import load_tokenizer
from docuvault.search.chunking import Chunker
from tests import making
from tests.assembly import Assembly, embedded, services
from tests.bench.findings import Finding
from tests.bench.workplace import Workplace, on_cores
from tests.vault import Vault

_WORDS_MS = 150.0
_MEANING_MS = 500.0
_POLL_SECONDS = 0.005
_GIVE_UP_SECONDS = 60.0
# What a document says, and how somebody would ask for it who remembers none of its words.
_SUBJECTS = (
    (
        "The tenant shall vacate the flat by the end of March and hand over all keys.",
        "when do we have to move out of our rented home",
    ),
    (
        "The dentist removed two wisdom teeth under local anaesthetic.",
        "oral surgery at the clinic",
    ),
    (
        "Glaciers in the Alps have lost a third of their ice since 1980.",
        "climate change melts frozen mountains",
    ),
    (
        "The goalkeeper saved three penalties and the cup went to the visitors.",
        "who won the football match",
    ),
    (
        "Knead the dough, let it rise overnight and bake it at high heat.",
        "how to make bread at home",
    ),
    (
        "The engine overheated because the pump no longer moved the coolant.",
        "why did the motor of our car get too hot",
    ),
    (
        "Her violin sonata was first performed before a small circle of friends.",
        "classical music played at a private concert",
    ),
)
_PAGES = 3


def measure(workplace: Workplace) -> Iterator[Finding]:
    """Both assemblies, the idle queue, a client that asks every few milliseconds."""
    bare_words, bare_meaning = _bare(workplace)
    for name, start, decides in (("embedded", embedded, True), ("services", services, False)):
        room = workplace.room(f"searchable-{name}")
        with on_cores(workplace.server_cores):
            product = start(workplace.model_dir, room, DOCUVAULT_QUEUE__SWEEP_SECONDS="15")
            vault = product.__enter__()
        try:
            with on_cores(workplace.client_cores):
                found = _found_after(vault, workplace.rounds)
        finally:
            product.__exit__(None, None, None)
        for what, ours, bare, limit in (
            ("found by words (words)", found["words"], bare_words, _WORDS_MS),
            ("found by words (hybrid)", found["hybrid"], bare_words, _WORDS_MS),
            ("found by meaning", found["meaning"], bare_meaning, _MEANING_MS),
        ):
            yield Finding(
                "G4",
                f"from upload to {what}, {name}, p50",
                f"{ours:.0f} ms",
                f"{bare:.0f} ms",
                f"{ours / bare:.1f}",
                f"≤ {limit:.0f} ms" if decides else "for information",
                ours <= limit if decides else None,
            )


def _found_after(product: Assembly, rounds: int) -> dict[str, float]:
    """Milliseconds from the start of an upload until a search finds it, by mode."""
    taken: dict[str, list[float]] = {"words": [], "hybrid": [], "meaning": []}
    with Vault(product.base_url) as vault:
        documents = _documents(rounds + 1)
        for number in range(rounds + 1):
            for mode, times in taken.items():
                # One document each, so that no mode's questions hold up another's answer.
                nonce, paraphrase, content = next(documents)
                query = paraphrase if mode == "meaning" else nonce
                started = time.perf_counter()
                answer = vault.upload(f"{nonce}.pdf", content)
                document_id = answer.json()["document"]["id"]
                _until(vault, query, mode, document_id)
                if number:
                    times.append((time.perf_counter() - started) * 1000)
                vault.wait(document_id)
    return {mode: median(times) for mode, times in taken.items()}


def _until(vault: Vault, query: str, mode: str, document_id: str) -> None:
    deadline = time.monotonic() + _GIVE_UP_SECONDS
    while True:
        hits = vault.search(query, mode=mode, limit=50)["hits"]
        if any(hit["document"]["id"] == document_id for hit in hits):
            return
        if time.monotonic() > deadline:
            raise RuntimeError(f"{query!r} was not found by {mode} in {_GIVE_UP_SECONDS:.0f} s")
        time.sleep(_POLL_SECONDS)


def _documents(rounds: int) -> Iterator[tuple[str, str, bytes]]:
    """A word that stands nowhere else, a question, and a PDF of some pages."""
    for number in range(3 * rounds):
        subject, paraphrase = _SUBJECTS[number % len(_SUBJECTS)]
        nonce = f"nonce{uuid4().hex[:10]}"
        lines = [f"{subject} Line {line} says so." for line in range(36)]
        pages = ["\n".join([f"{nonce} page {page}", *lines]) for page in range(_PAGES)]
        yield nonce, paraphrase, making.pdf(pages)


def _bare(workplace: Workplace) -> tuple[float, float]:
    """Milliseconds of the bare pieces: text and full text; the same with all embeddings."""
    room = workplace.room("searchable-bare")
    words: list[float] = []
    meaning: list[float] = []
    with on_cores(workplace.server_cores):
        pieces = _Pieces(room, workplace.model_dir)
        for _, _, content in _documents(workplace.rounds):
            words.append(_milliseconds(partial(pieces.index_words, content)))
            meaning.append(words[-1] + _milliseconds(pieces.embed))
    return median(words), median(meaning)


class _Pieces:
    """pdfium, SQLite's full text and the model, with nothing in between."""

    def __init__(self, room: Path, model_dir: Path) -> None:
        self._database = sqlite3.connect(room / "bare.sqlite3", isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=FULL")
        self._database.execute("CREATE VIRTUAL TABLE pages USING fts5(text)")
        self._embedder = LocalEmbedder(model_dir, threads=1)
        self._chunker = Chunker(load_tokenizer(model_dir), 230, 40)
        self._texts: list[str] = []

    def index_words(self, content: bytes) -> None:
        with pypdfium2.PdfDocument(content) as document:
            self._texts = [page.get_textpage().get_text_range() for page in document]
        self._database.execute("BEGIN")
        self._database.executemany("INSERT INTO pages VALUES (?)", [(t,) for t in self._texts])
        self._database.execute("COMMIT")

    def embed(self) -> None:
        chunks = [
            text[span.start : span.end]
            for text in self._texts
            for span in self._chunker.chunk_page(text)
        ]
        asyncio.run(self._embedder.embed(chunks))


def _milliseconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000
