"""Bodies about documents."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, Strict, StringConstraints

from docuvault.api.schemas.base import Keepable, RequestBody, ResponseBody
from docuvault.domain.documents import DocumentStatus, Stage, StageState, TopicSource
from docuvault.domain.media_types import Family
from docuvault.domain.modes import Mode

Title = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=255), Keepable
]


class Failure(ResponseBody):
    """Why something failed: a stable code and a sentence."""

    code: str
    message: str


class StageOut(ResponseBody):
    """Where one stage stands.

    `mode` is the one in which its result was made. What was made with less than everything is
    made again: `next_run_at` says from when on, and is null where it was given up.
    """

    stage: Stage
    state: StageState
    attempts: int
    mode: Mode
    error: Failure | None
    next_run_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None


class DocumentTopicOut(ResponseBody):
    """A topic on a document, who put it there and why."""

    id: UUID
    number: int
    name: str
    color: str
    source: TopicSource
    confidence: float = Field(ge=0, le=1)
    evidence: str


class DocumentOut(ResponseBody):
    """A document as lists show it."""

    id: UUID
    number: int
    title: str
    original_name: str
    media_type: str
    family: Family
    size_bytes: int
    sha256: str
    status: DocumentStatus
    mode: Mode = Field(description="The least mode in which one of its stages was done.")
    error: Failure | None = Field(description="Why the document failed.")
    needs_review: bool = Field(description="Whether a rule or a person asks for a look at it.")
    page_count: int | None
    character_count: int | None
    created_at: datetime
    updated_at: datetime
    topics: list[DocumentTopicOut]
    stages: list[StageOut]


class DocumentDetail(DocumentOut):
    """A document with all that was read of it besides its text."""

    metadata: dict[str, str]
    warnings: list[str]


class DocumentPage(ResponseBody):
    """One page of a list."""

    items: list[DocumentOut]
    total: int
    page: int | None = Field(description="Null when a cursor was given.")
    per_page: int
    next_cursor: str | None = Field(description="Where the list goes on; null at its end.")


class UploadResult(ResponseBody):
    """The stored document; `duplicate` when the same bytes were there before."""

    document: DocumentOut
    duplicate: bool


class DocumentUpdate(RequestBody):
    """Corrections; what is left out stays. `topic_ids` replaces all topics of the document."""

    title: Title | None = None
    # JSON has no UUIDs, so a strict body reads them from text.
    topic_ids: Annotated[list[Annotated[UUID, Strict(False)]], Field(max_length=100)] | None = None
    needs_review: bool | None = None


class TextPage(ResponseBody):
    """The text of one page."""

    number: int
    text: str


class DocumentText(ResponseBody):
    """The text of a document, page by page."""

    page_count: int
    pages: list[TextPage]
