"""Bodies that monitoring services send; their senders decide what else is in them."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

# Only read, never shown: what becomes a name is cleaned first.
_Line = Annotated[str, StringConstraints(max_length=500)]


class _WebhookBody(BaseModel):
    """Known fields must be right, unknown ones are not read."""

    model_config = ConfigDict(extra="ignore", strict=True)


class DatadogEvent(_WebhookBody):
    """A monitor's event; `component` names the part, else the title does."""

    title: _Line
    component: _Line | None = None
    alert_transition: _Line | None = None
    alert_type: _Line | None = None


class NewRelicIssue(_WebhookBody):
    """A workflow's issue; `component` names the part, else the title does."""

    title: _Line
    component: _Line | None = None
    state: _Line
    priority: _Line | None = None
