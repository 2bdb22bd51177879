"""Bodies about the vault itself."""

from datetime import datetime
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
    admin_token_needed: bool


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
    """One part of the vault.

    `message` says what is wrong and what does not work, `works` what still does. `since` is when
    the present status began, as far as this process knows.
    """

    name: str
    status: HealthStatus
    message: str
    works: str
    critical: bool
    latency_ms: float
    since: datetime | None


class ReadyOut(ResponseBody):
    """How parts are doing, together and each; unhealthy when requests cannot be served."""

    status: HealthStatus
    components: list[ComponentOut]
