"""I7, rows: pages, characters and chunks are as many as the stages noted."""

from collections.abc import Iterator, Sequence
from uuid import UUID

from docuvault.db.repositories.integrity import IntegrityRepository, Reading
from docuvault.domain.documents import StageState
from docuvault.integrity.base import LiveDocumentsCheck, Suspicion
from docuvault.integrity.findings import FindingCode, Invariant


class ReadingsCheck(LiveDocumentsCheck):
    """Documents whose text has been read."""

    invariant = Invariant.DERIVED
    subjects = "documents"
    # The database reads the whole text of these documents to count its characters.
    page_size = 20

    async def look(self, keys: Sequence[UUID]) -> list[Suspicion[UUID]]:
        """Compare what was noted with what is there."""
        async with self._vault.database.reading() as session:
            readings = await IntegrityRepository(session).readings(keys)
        return [
            Suspicion(
                reading.document_id,
                code,
                f"document {reading.document_id}",
                sentence,
            )
            for reading in readings
            for code, sentence in _faults(reading)
        ]


def _faults(reading: Reading) -> Iterator[tuple[FindingCode, str]]:
    noted = reading.extracted
    if reading.pages != noted.get("pages"):
        yield (
            FindingCode.PAGES_DIFFER,
            f"{reading.pages} pages are there; reading it gave {noted.get('pages')}.",
        )
    elif not reading.characters == reading.character_count == noted.get("characters"):
        yield (
            FindingCode.CHARACTERS_DIFFER,
            f"{reading.characters} characters are there; the document says"
            f" {reading.character_count}, and reading it gave {noted.get('characters')}.",
        )
    if reading.chunks != noted.get("chunks"):
        yield (
            FindingCode.CHUNKS_DIFFER,
            f"{reading.chunks} chunks are there; reading it gave {noted.get('chunks')}.",
        )
    elif reading.embed_state == StageState.DONE and (
        reading.chunks != reading.embedded.get("chunks")
    ):
        yield (
            FindingCode.CHUNKS_DIFFER,
            f"{reading.chunks} chunks are there; {reading.embedded.get('chunks')} were indexed.",
        )
