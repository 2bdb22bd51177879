"""Born-digital PDFs of one to three pages: cut out of real ones, or set from the project's text."""

import io
import os
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from textwrap import wrap

import pypdfium2

from tests.bench.passages import texts
from tests.making import pdf

_PAGES = (1, 2, 3, 3)
# A page on average; pictures and title pages are no measure of reading.
LEAST_CHARACTERS = 1_500
_LINE_CHARACTERS = 95
_LINES = 46
_MOST_FROM_ONE = 12


def papers(count: int) -> list[bytes]:
    """So many files, from the PDFs below `$CORPUS` if that names a folder."""
    corpus = os.environ.get("CORPUS")
    found = list(islice(_cut(Path(corpus)) if corpus else _set(), count))
    if len(found) < count:
        raise RuntimeError(f"Only {len(found)} files of {count} could be made.")
    return found


def marked(paper: bytes, mark: int) -> bytes:
    """The same file with other bytes, so that it counts as another one."""
    return paper + b"\n%% %d\n" % mark


def _cut(folder: Path) -> Iterator[bytes]:
    """Stretches of pages with a text layer; long documents give a bounded number."""
    sizes = cycle(_PAGES)
    for path in sorted(folder.rglob("*.pdf")):
        try:
            document = pypdfium2.PdfDocument(path)
        except pypdfium2.PdfiumError:
            continue
        start = made = 0
        while start < len(document) and made < _MOST_FROM_ONE:
            pages = [*range(start, min(start + next(sizes), len(document)))]
            start += len(pages)
            text = "".join(document[page].get_textpage().get_text_range() for page in pages)
            if len(text) < LEAST_CHARACTERS * len(pages):
                continue
            part = pypdfium2.PdfDocument.new()
            part.import_pages(document, pages)
            out = io.BytesIO()
            part.save(out)
            made += 1
            yield out.getvalue()


def _set() -> Iterator[bytes]:
    """Pages of wrapped lines."""
    lines = (
        line
        for text in texts()
        for paragraph in text.split("\n")
        for line in wrap(paragraph, _LINE_CHARACTERS)
    )
    for pages in cycle(_PAGES):
        cut = ["\n".join(islice(lines, _LINES)) for _ in range(pages)]
        if not cut[-1]:
            return
        if sum(map(len, cut)) >= LEAST_CHARACTERS * pages:
            yield pdf(cut)
