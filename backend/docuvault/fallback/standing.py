"""What processes share about the mode: what is in force, what the facts ask for, and since when."""

from datetime import datetime, timedelta
from typing import Self

import structlog
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from docuvault.domain.modes import MODE_ORDER, Mode
from docuvault.fallback.policy import Decision
from docuvault.fallback.shared import Known

log = structlog.get_logger(__name__)

BEGINNING = "The vault began so."
CHOICE_ENDED = "The choice by hand ended."


class Override(BaseModel):
    """A person's choice, until a moment or until it is taken back."""

    model_config = ConfigDict(frozen=True)

    mode: Mode
    reason: str
    until: AwareDatetime | None = None


class Standing(BaseModel):
    """The mode in force with its reason, and the mode that the facts have led to.

    The two differ only under an override. `possible` says for each mode better than the decided
    one since when the facts have allowed it without a break.
    """

    model_config = ConfigDict(frozen=True)

    mode: Mode = Mode.PRIMARY
    reason: str = BEGINNING
    since: AwareDatetime
    decided: Mode = Mode.PRIMARY
    decided_reason: str = BEGINNING
    possible: dict[Mode, AwareDatetime] = {}

    @classmethod
    def read(cls, known: Known, now: datetime) -> Self:
        """What was written; PRIMARY from now on where nothing was, or nothing that can be read."""
        if known is not None:
            try:
                return cls.model_validate(known)
            except ValidationError:
                log.warning("fallback.mode_unreadable")
        return cls(since=now)

    def written(self) -> Known:
        """The form in which it is shared."""
        return self.model_dump(mode="json")

    def after(self, decision: Decision, now: datetime, recover_seconds: float) -> Self:
        """Worse at once; better only when that has been possible for long enough."""
        if _rank(decision.mode) >= _rank(self.decided):
            reason = self.decided_reason if decision.mode is self.decided else decision.reason
            return self.model_copy(
                update={"decided": decision.mode, "decided_reason": reason, "possible": {}}
            )
        allowed = MODE_ORDER[_rank(decision.mode) : _rank(self.decided)]
        possible = {mode: self.possible.get(mode, now) for mode in allowed}
        ripe = now - timedelta(seconds=recover_seconds)
        best = next((mode for mode in allowed if possible[mode] <= ripe), self.decided)
        if best is self.decided:
            return self.model_copy(update={"possible": possible})
        return self.model_copy(
            update={
                "decided": best,
                "decided_reason": decision.reason,
                "possible": {mode: possible[mode] for mode in allowed if _rank(mode) < _rank(best)},
            }
        )

    def under(self, override: Override | None, now: datetime) -> Self:
        """What is in force: a person's choice before that of the facts."""
        mode = self.decided if override is None else override.mode
        if mode is self.mode:
            return self
        if override is not None:
            reason = override.reason
        else:
            reason = CHOICE_ENDED if self.decided_reason == BEGINNING else self.decided_reason
        return self.model_copy(update={"mode": mode, "reason": reason, "since": now})


def _rank(mode: Mode) -> int:
    return MODE_ORDER.index(mode)
