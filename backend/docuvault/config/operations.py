"""Groups of settings about watching the vault and about what it does when a part is away."""

from typing import Literal

from pydantic import Field, SecretStr

from docuvault.config.group import Group

GIB = 1024 * 1024 * 1024


class HealthSettings(Group):
    """How the parts are watched."""

    interval_seconds: float = Field(
        10, gt=0, description="How often all parts are asked while nobody looks."
    )
    timeout_seconds: float = Field(5, gt=0, description="How long one part may take to answer.")
    canary_seconds: float = Field(
        60, gt=0, description="How often a canary task is sent through queue and worker."
    )
    backlog_seconds: float = Field(
        900, gt=0, description="Work that waits for longer than this is reported as degraded."
    )
    disk_warning_bytes: int = Field(
        2 * GIB, ge=0, description="Less free space than this is reported as degraded."
    )
    downstream: dict[str, str] = Field(
        {}, description="Further services to watch, a JSON object of names and HTTP addresses."
    )
    webhook_secret: SecretStr | None = Field(
        None,
        description="Shared secret of monitoring webhooks (Datadog, New Relic); they are refused"
        " when it is not set.",
    )
    webhook_expire_seconds: float = Field(
        3600, gt=0, description="How long a webhook's alarm counts unless it is lifted before."
    )


class FallbackSettings(Group):
    """When documents are enriched with less, and when with everything again."""

    decide_seconds: float = Field(5, gt=0, description="How often the mode is decided.")
    heuristic_when: str = Field(
        'ai_circuit != "closed" or ai_failures > 20',
        description="Condition under which the AI provider is left out.",
    )
    safe_when: str = Field(
        "failed_components >= 2",
        description="Condition under which documents are only stored, read and indexed by words.",
    )
    recover_seconds: float = Field(
        30, ge=0, description="How long a better mode must be possible before it is taken."
    )
    circuit_failures: int = Field(
        5, ge=1, description="Failures of the AI provider in a row that open the circuit."
    )
    circuit_seconds: float = Field(
        30, gt=0, description="Rest of an open circuit; twice as long after each failed trial."
    )
    circuit_longest_seconds: float = Field(
        600, gt=0, description="The longest rest of an open circuit."
    )
    completion_attempts: int = Field(
        5, ge=1, description="Tries to enrich one document in full that was enriched with less."
    )
    transition_days: float = Field(
        90, gt=0, description="How long changes of the mode are remembered."
    )


class MetricsSettings(Group):
    """Where measurements go."""

    sink: Literal["prometheus", "log", "null"] = Field(
        "prometheus", description="`prometheus` (at /metrics), `log` (debug lines) or `null`."
    )
