"""What a stage hands back: facts to note, and rows to write in the same transaction."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from docuvault.db.session import AsyncSession
from docuvault.domain.errors import ErrorCode
from docuvault.domain.modes import Mode


class LeaseLost(Exception):
    """Somebody else has the stage now, or its document is gone; nothing may be written."""


Write = Callable[[AsyncSession], Awaitable[None]]


async def write_nothing(session: AsyncSession) -> None:
    """For stages without rows of their own."""


@dataclass(frozen=True, slots=True)
class StageOutcome:
    """The result of a stage.

    `write` runs behind the fence: in the transaction that ends the stage, and only while the lease
    is held. `skipped` says why there was nothing to do. `mode` is the one in which this result is
    all that can be had; `failure` says what more was tried and failed with.
    """

    result: dict[str, Any] = field(default_factory=dict)
    write: Write = write_nothing
    skipped: ErrorCode | None = None
    mode: Mode = Mode.PRIMARY
    failure: ErrorCode | None = None
