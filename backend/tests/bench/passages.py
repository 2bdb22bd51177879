"""Real text for measurements: pages of the project itself, cut as the product cuts."""

from collections.abc import Iterator
from pathlib import Path

from docuvault.ai.model import load_tokenizer
from docuvault.config.settings import SearchSettings
from docuvault.search.chunking import Chunker
from tests.conftest import ROOT

# Prose and source in the proportion that the repository has.
_KINDS = ("*.md", "*.py")
_LEAST_TOKENS = 190


def texts() -> Iterator[str]:
    """Files of the project as they lie there, documentation first."""
    for kind in _KINDS:
        for folder in (ROOT, ROOT / "docs", ROOT / "backend"):
            files = folder.glob(kind) if folder == ROOT else folder.rglob(kind)
            for path in sorted(files):
                yield path.read_text()


def passages(model_dir: Path, count: int) -> list[str]:
    """So many chunks cut as the product cuts; ends of sections, which are short, are left out."""
    settings = SearchSettings()
    tokenizer = load_tokenizer(model_dir)
    chunker = Chunker(tokenizer, settings.chunk_tokens, settings.chunk_overlap)
    found: list[str] = []
    for text in texts():
        chunks = [text[span.start : span.end] for span in chunker.chunk_page(text)]
        found += [one for one in chunks if len(tokenizer.encode(one).ids) >= _LEAST_TOKENS]
        if len(found) >= count:
            return found[:count]
    raise RuntimeError("The project has too little text for that.")
