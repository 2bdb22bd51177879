"""Bodies about topics."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from docuvault.api.schemas.base import Keepable, RequestBody, ResponseBody

TopicName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), Keepable
]
Description = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), Keepable]
Color = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$")]


class TopicCreate(RequestBody):
    """A new topic; a describing sentence makes automatic topics far more accurate."""

    name: TopicName
    description: Description = ""
    color: Color = "#6366f1"


class TopicUpdate(RequestBody):
    """Changes of a topic; what is left out stays."""

    name: TopicName | None = None
    description: Description | None = None
    color: Color | None = None


class TopicOut(ResponseBody):
    """A topic with how many documents have it."""

    id: UUID
    number: int
    name: str
    description: str
    color: str
    doc_count: int = Field(ge=0)
    created_at: datetime


class TopicList(ResponseBody):
    """All topics of the owner, by name."""

    topics: list[TopicOut]
