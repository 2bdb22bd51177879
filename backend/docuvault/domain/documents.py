"""A document's life: its stages, their states, and the status that follows from them."""

from collections.abc import Mapping
from enum import StrEnum
from uuid import UUID, uuid5


class Stage(StrEnum):
    """Steps after upload, in their order."""

    EXTRACT = "extract"
    CLASSIFY = "classify"
    EMBED = "embed"


class StageState(StrEnum):
    """Where one stage of one document stands."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    SKIPPED = "skipped"
    FAILED = "failed"


class DocumentStatus(StrEnum):
    """What people see of all stages together."""

    PENDING = "pending"
    PROCESSING = "processing"
    READY = "ready"
    FAILED = "failed"


class TopicSource(StrEnum):
    """Who put a topic on a document."""

    USER = "user"
    LOCAL = "local"
    AI = "ai"
    RULE = "rule"


class TitleSource(StrEnum):
    """Who gave a document its title; what a person wrote is never overwritten."""

    NAME = "name"
    RULE = "rule"
    USER = "user"


class UploadState(StrEnum):
    """Where an upload intent stands; every intent ends as `done` or `abandoned`."""

    RECEIVING = "receiving"
    DONE = "done"
    ABANDONED = "abandoned"


STAGE_ORDER: tuple[Stage, ...] = (Stage.EXTRACT, Stage.CLASSIFY, Stage.EMBED)

TERMINAL_STATES = frozenset({StageState.DONE, StageState.SKIPPED, StageState.FAILED})

# A failed classification leaves a document that can be read and found, so it never fails it.
_FAILING_STAGES = frozenset({Stage.EXTRACT, Stage.EMBED})


def next_stage(stage: Stage) -> Stage | None:
    """The stage that follows, or None after the last."""
    position = STAGE_ORDER.index(stage) + 1
    return STAGE_ORDER[position] if position < len(STAGE_ORDER) else None


def derive_status(states: Mapping[Stage, StageState]) -> DocumentStatus:
    """The document's status as it follows from the states of all its stages."""
    if any(states[stage] is StageState.FAILED for stage in _FAILING_STAGES):
        return DocumentStatus.FAILED
    if all(state in TERMINAL_STATES for state in states.values()):
        return DocumentStatus.READY
    if all(state is StageState.PENDING for state in states.values()):
        return DocumentStatus.PENDING
    return DocumentStatus.PROCESSING


def chunk_id(document_id: UUID, generation: int, ordinal: int) -> UUID:
    """The id of a chunk, the same whenever the same reading is repeated."""
    return uuid5(document_id, f"{generation}:{ordinal}")
