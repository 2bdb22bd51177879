"""Bodies about the vault itself."""

from enum import StrEnum

from docuvault.api.schemas.base import ResponseBody
from docuvault.domain.health import HealthStatus


class Info(ResponseBody):
    """What a client needs to know before it uploads."""

    name: str
    version: str
    max_upload_bytes: int
    readable_media_types: list[str]
    text_leaves_the_vault: bool


class Alive(ResponseBody):
    """The process answers."""

    status: str


class OverallStatus(StrEnum):
    """The short answer of `/health`."""

    OK = "ok"
    DEGRADED = "degraded"


class HealthOut(ResponseBody):
    """The short answer with one word per part."""

    status: OverallStatus
    checks: dict[str, str]


class ComponentOut(ResponseBody):
    """One part of the vault."""

    name: str
    status: HealthStatus
    message: str
    critical: bool
    latency_ms: float


class ReadyOut(ResponseBody):
    """Whether requests can be served, and how each part is doing."""

    status: HealthStatus
    components: list[ComponentOut]


class EventOut(ResponseBody):
    """News on the event stream: this thing changed, read it again."""

    kind: str
    id: str
