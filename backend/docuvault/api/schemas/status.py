"""Bodies of the status page."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, Strict, StringConstraints

from docuvault.api.schemas.base import Keepable, RequestBody, ResponseBody
from docuvault.api.schemas.system import ComponentOut
from docuvault.domain.health import HealthStatus
from docuvault.domain.modes import Mode

# Nobody means to leave a vault in a lower mode for longer than a month.
MAX_MINUTES = 31 * 24 * 60


class QueueOut(ResponseBody):
    """Steps of documents: due and not begun, being worked on, failed for good."""

    waiting: int
    oldest_seconds: float
    running: int
    failed: int


class NoticeOut(ResponseBody):
    """What people should know now: what does not work, and what still does."""

    code: str
    sentence: str
    works: str


class TransitionOut(ResponseBody):
    """A change of the mode."""

    at: datetime
    from_: Mode = Field(alias="from")
    to: Mode
    reason: str


class StatusOut(ResponseBody):
    """How the vault is doing; holds no secret.

    `mode` says how much is done for documents just now, `overridden_until` that a person chose it;
    `transitions` are its latest changes, the newest first.

    `queue` is null while the database does not answer. `notices` has one entry for each part that
    is not well, whose code is the part's name and status (`vectors_unhealthy`).
    """

    mode: Mode
    mode_reason: str
    mode_since: datetime
    overridden_until: datetime | None
    status: HealthStatus
    components: list[ComponentOut]
    queue: QueueOut | None
    notices: list[NoticeOut]
    transitions: list[TransitionOut]
    version: str
    uptime_seconds: float


class ModeChoice(RequestBody):
    """A mode that a person puts in force, why, and for how many minutes."""

    # JSON has no enumerations, so a strict body reads them from text.
    mode: Annotated[Mode, Strict(False)]
    reason: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), Keepable
    ]
    minutes: int = Field(ge=1, le=MAX_MINUTES)


class ModeOut(ResponseBody):
    """The mode in force."""

    mode: Mode
    mode_reason: str
    mode_since: datetime
    overridden_until: datetime | None
