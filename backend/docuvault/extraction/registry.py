"""Choosing the extractor that reads a media type best."""

from collections.abc import Iterable
from pathlib import Path

from docuvault.domain.errors import ErrorCode, ProcessingFailed
from docuvault.extraction.base import ExtractedDocument, Extractor, Limits
from docuvault.extraction.docx import DocxExtractor
from docuvault.extraction.email import EmailExtractor
from docuvault.extraction.encrypted import EncryptedOfficeExtractor
from docuvault.extraction.html import HtmlExtractor
from docuvault.extraction.pdf import PdfExtractor
from docuvault.extraction.text import TextExtractor


class Registry:
    """Extractors that bid for a media type; the highest bid wins, the first of equals."""

    def __init__(self, extractors: Iterable[Extractor]) -> None:
        self.extractors = tuple(extractors)

    def find(self, media_type: str) -> Extractor | None:
        """The extractor with the highest bid, or None when nobody bids."""
        best = max(self.extractors, key=lambda one: one.score(media_type), default=None)
        return best if best is not None and best.score(media_type) > 0 else None

    def extract(self, path: Path, media_type: str, limits: Limits) -> ExtractedDocument:
        """What the best extractor reads; every failure comes out as `ProcessingFailed`.

        `unsupported_type` when nobody bids, `parser_memory` when the memory does not suffice,
        `corrupt_file` for whatever an extractor did not foresee.
        """
        extractor = self.find(media_type)
        if extractor is None:
            raise ProcessingFailed(ErrorCode.UNSUPPORTED_TYPE)
        try:
            return extractor.extract(path, media_type, limits)
        except ProcessingFailed:
            raise
        except MemoryError as error:
            raise ProcessingFailed(ErrorCode.PARSER_MEMORY) from error
        except RecursionError as error:
            raise ProcessingFailed(ErrorCode.NESTING_LIMIT) from error
        except Exception as error:
            raise ProcessingFailed(ErrorCode.CORRUPT_FILE) from error


def create_registry() -> Registry:
    """All extractors of the house."""
    return Registry(
        (
            PdfExtractor(),
            DocxExtractor(),
            TextExtractor(),
            HtmlExtractor(),
            EmailExtractor(),
            EncryptedOfficeExtractor(),
        )
    )
