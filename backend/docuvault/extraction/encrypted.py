"""Naming Office files that a password protects: there is nothing to read in them."""

from pathlib import Path

from docuvault.domain.errors import ErrorCode, ProcessingFailed
from docuvault.domain.media_types import ENCRYPTED_OFFICE
from docuvault.extraction.base import ExtractedDocument, Limits


class EncryptedOfficeExtractor:
    """Says `encrypted`, which is more than that the type is not supported."""

    media_types = frozenset({ENCRYPTED_OFFICE})

    def score(self, media_type: str) -> int:
        """Bids for encrypted Office files only."""
        return 10 if media_type in self.media_types else 0

    def extract(self, path: Path, media_type: str, limits: Limits) -> ExtractedDocument:
        """Always `encrypted`."""
        raise ProcessingFailed(ErrorCode.ENCRYPTED)
