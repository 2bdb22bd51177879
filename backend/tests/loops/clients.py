"""Clients that upload at the same time and note everything in the ledger."""

import io
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx2

from tests.loops.files import Sample
from tests.loops.ledger import ACKNOWLEDGED, Ledger
from tests.loops.uploads import PlannedUpload

_PIECES = 8
_RETRY_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Clients:
    """So many people with a browser each."""

    base_url: str
    ledger: Ledger

    def upload(self, uploads: Iterable[PlannedUpload]) -> list[Sample]:
        """Send all, each at its time; returns those that got no answer."""
        planned = [*uploads]
        with ThreadPoolExecutor(len(planned)) as pool:
            answered = [*pool.map(self._upload_once, planned)]
        return [upload.sample for upload, was in zip(planned, answered, strict=True) if not was]

    def insist(self, samples: Iterable[Sample], patience: float) -> list[Sample]:
        """Send again what got no answer until it gets one, for so many seconds in all.

        Returns those that still got none.
        """
        open_ones = [*samples]
        deadline = time.monotonic() + patience
        while open_ones and time.monotonic() < deadline:
            open_ones = self.upload(PlannedUpload(sample, 0, 0) for sample in open_ones)
            if open_ones:
                time.sleep(_RETRY_SECONDS)
        return open_ones

    def _upload_once(self, upload: PlannedUpload) -> bool:
        time.sleep(upload.begins)
        sample = upload.sample
        number = self.ledger.request(
            name=sample.name, sha256=sample.sha256, size=len(sample.content), word=sample.word
        )
        try:
            with httpx2.Client(base_url=self.base_url, timeout=30) as http:
                answer = http.post(
                    "/api/documents/upload",
                    files={
                        "file": (
                            sample.name,
                            _Slowly(sample.content, upload.pause),
                            "application/octet-stream",
                        )
                    },
                )
        except httpx2.TransportError as error:
            self.ledger.broken(number, sample.sha256, type(error).__name__)
            return False
        acknowledged = answer.status_code in ACKNOWLEDGED
        document_id = answer.json()["document"]["id"] if acknowledged else None
        self.ledger.answer(number, sample.sha256, answer.status_code, document_id)
        return True


class _Slowly(io.BytesIO):
    """A file that is read in pieces, with a pause before each."""

    def __init__(self, content: bytes, pause: float) -> None:
        super().__init__(content)
        self._pause = pause
        self._piece = len(content) // _PIECES + 1

    def read(self, size: int | None = -1, /) -> bytes:
        time.sleep(self._pause)
        return super().read(self._piece if size is None or size < 0 else min(size, self._piece))
