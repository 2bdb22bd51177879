"""Bodies about routing rules."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, Strict, StringConstraints, model_validator

from docuvault.api.schemas.base import Keepable, RequestBody, ResponseBody
from docuvault.api.schemas.documents import Title
from docuvault.domain.rules import MAX_NAME, MAX_RULES

RuleName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_NAME), Keepable
]
# The language has a limit of its own, spaces aside, which tells the place.
ConditionText = Annotated[str, StringConstraints(max_length=10_000)]
# JSON has no UUIDs, so a strict body reads them from text.
_Id = Annotated[UUID, Strict(False)]


class ActionsIn(RequestBody):
    """What happens to a document that the condition holds for; at least one of them."""

    topic_ids: list[_Id] = Field(default_factory=list, max_length=100)
    title: Title | None = Field(
        default=None, description="May name {title}, {filename}, {topic} and {date}."
    )
    needs_review: bool = False


class RuleIn(RequestBody):
    """A whole rule."""

    name: RuleName
    condition: ConditionText
    actions: ActionsIn
    enabled: bool = True


class RuleOrder(RequestBody):
    """Every rule once, the one that is asked first in front."""

    ids: Annotated[list[_Id], Field(max_length=MAX_RULES)]


class ConditionIn(RequestBody):
    """A condition that is being written."""

    condition: ConditionText


class DryRunIn(RequestBody):
    """Either a rule that is there, or one that is still being written."""

    rule_id: _Id | None = None
    condition: ConditionText | None = None
    actions: ActionsIn | None = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        draft = (self.condition is not None, self.actions is not None)
        if draft not in {(True, True), (False, False)} or any(draft) == (self.rule_id is not None):
            raise ValueError("send either rule_id, or condition and actions")
        return self


class ActionsOut(ResponseBody):
    """What a rule does."""

    topic_ids: list[UUID]
    title: str | None
    needs_review: bool


class RuleOut(ResponseBody):
    """A rule as it is kept."""

    id: UUID
    name: str
    condition: str = Field(description="In its one canonical spelling.")
    actions: ActionsOut
    missing_topic_ids: list[UUID] = Field(description="Topics of the rule that are deleted.")
    enabled: bool
    fault: str | None = Field(description="Why the rule is passed over, if it is.")
    created_at: datetime
    updated_at: datetime


class RuleList(ResponseBody):
    """All rules in the order in which they are asked."""

    rules: list[RuleOut]


class ConditionOut(ResponseBody):
    """A condition that can be understood, in its one canonical spelling."""

    condition: str


class RuleChanges(ResponseBody):
    """What would be new on a document."""

    topic_ids: list[UUID]
    title: str | None
    needs_review: bool


class DryRunExample(ResponseBody):
    """A document that the rule holds for."""

    document_id: UUID
    title: str
    changes: RuleChanges


class DryRunOut(ResponseBody):
    """What a rule would do to the newest documents; nothing was changed."""

    matches: int = Field(ge=0)
    checked: int = Field(ge=0)
    stopped: bool = Field(description="Whether older documents were not asked.")
    examples: list[DryRunExample]
