"""Files to upload, drawn from a seed: small ones of several kinds, each with a word of its own."""

import hashlib
import io
import random
import string
import zipfile
from dataclasses import dataclass

from tests.making import docx, pdf

KINDS = ("txt", "md", "html", "pdf", "docx")
LARGE = 2 * 1024 * 1024
# The entries of a ZIP name a time; the present one would give other bytes every time.
_DAY = (2026, 1, 1, 0, 0, 0)
_WORDS = (
    "harbour invoice meadow ledger kitchen copper window contract journey winter budget lantern",
    "engine garden letter market orchard painter quarter railway sailor teacher village weather",
    "bridge castle doctor evening factory gallery history island jacket kettle library mountain",
)


@dataclass(frozen=True, slots=True)
class Sample:
    """A file and the word that only its text holds."""

    name: str
    content: bytes
    word: str

    @property
    def sha256(self) -> str:
        """Hex digest of the content."""
        return hashlib.sha256(self.content).hexdigest()


def draw(rng: random.Random, label: str, *, large: bool = False) -> Sample:
    """A new file; a large one has some 2 MB, of which few are text."""
    kind = "docx" if large else rng.choice(KINDS)
    word = "".join(rng.choices(string.ascii_lowercase, k=16))
    paragraphs = [_sentence(rng) for _ in range(rng.randint(4, 40))]
    paragraphs.insert(rng.randrange(len(paragraphs)), f"The word of this file is {word}.")
    content = _content(kind, paragraphs)
    if kind == "docx":
        content = _packed_again(content, rng.randbytes(LARGE) if large else b"")
    return Sample(f"{label}.{kind}", content, word)


def _sentence(rng: random.Random) -> str:
    return " ".join(rng.choices(" ".join(_WORDS).split(), k=rng.randint(6, 16))).capitalize() + "."


def _content(kind: str, paragraphs: list[str]) -> bytes:
    match kind:
        case "md":
            return ("# Notes\n\n" + "\n\n".join(paragraphs)).encode()
        case "html":
            body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
            return f"<!doctype html><title>Notes</title><body>{body}</body>".encode()
        case "pdf":
            return pdf(["\n".join(paragraphs[at : at + 8]) for at in range(0, len(paragraphs), 8)])
        case "docx":
            return docx(paragraphs)
        case _:
            return "\n".join(paragraphs).encode()


def _packed_again(document: bytes, picture: bytes) -> bytes:
    """The same Word document at any time; a picture, if there is one, is bytes nobody reads."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(document)) as archive,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as again,
    ):
        for name in archive.namelist():
            again.writestr(zipfile.ZipInfo(name, _DAY), archive.read(name), zipfile.ZIP_DEFLATED)
        if picture:
            again.writestr(zipfile.ZipInfo("word/media/picture.bin", _DAY), picture)
    return out.getvalue()
