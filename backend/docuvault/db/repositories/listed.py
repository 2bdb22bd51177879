"""Documents as lists and hits show them: plain values that belong to no session."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from docuvault.domain.documents import DocumentStatus, StageState
from docuvault.domain.media_types import Family, family_of
from docuvault.domain.modes import MODE_ORDER, Mode


@dataclass(frozen=True, slots=True)
class FailureReason:
    """Why something failed: a stable code and a sentence."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class ListedStage:
    """Where one stage of a listed document stands."""

    stage: str
    state: str
    attempts: int
    mode: str
    next_run_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    error_code: str | None
    error_detail: str | None

    @property
    def error(self) -> FailureReason | None:
        """Why the stage failed, was skipped or waits."""
        return FailureReason(self.error_code, self.error_detail or "") if self.error_code else None


@dataclass(frozen=True, slots=True)
class ListedTopic:
    """A topic on a listed document."""

    id: UUID
    number: int
    name: str
    color: str
    source: str
    confidence: float
    evidence: str


@dataclass(frozen=True, slots=True)
class ListedDocument:
    """A live document with its stages in their order and its topics, the surest first."""

    id: UUID
    number: int
    title: str
    title_folded: str
    original_name: str
    media_type: str
    size_bytes: int
    sha256: str
    status: str
    needs_review: bool
    page_count: int | None
    character_count: int | None
    created_at: datetime
    updated_at: datetime
    stages: list[ListedStage]
    topics: list[ListedTopic]

    @property
    def mode(self) -> Mode:
        """The least mode in which one of its stages was done."""
        return max((Mode(one.mode) for one in self.stages), key=MODE_ORDER.index)

    @property
    def family(self) -> Family:
        """What people call a file of that type."""
        return family_of(self.media_type)

    @property
    def error(self) -> FailureReason | None:
        """Why the document failed, if it did."""
        if self.status != DocumentStatus.FAILED:
            return None
        return next((one.error for one in self.stages if one.state == StageState.FAILED), None)
