"""What monitoring services outside report: their alarms show among the vault's own parts."""

import hmac
import re
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Response

from docuvault.api.deps import ResourcesDep
from docuvault.api.errors import problems
from docuvault.api.schemas.webhooks import DatadogEvent, NewRelicIssue
from docuvault.domain.errors import ErrorCode, Forbidden
from docuvault.domain.health import HealthStatus
from docuvault.health.alarms import Alarm, ExternalAlarms

# Datadog puts `[Triggered]` or `[Recovered on {host:a}]` before its titles.
_TRANSITION = re.compile(r"^\s*\[([^\]]*)\]\s*")
_MILD = frozenset({"warn", "re-warn", "warning"})


async def require_secret(
    resources: ResourcesDep,
    secret: Annotated[str | None, Header(alias="X-DocuVault-Webhook-Secret")] = None,
    authorization: Annotated[str | None, Header()] = None,
) -> None:
    """Refuse whoever does not know the shared secret, and everybody while none is set."""
    given = secret
    if given is None and authorization is not None:
        scheme, _, token = authorization.partition(" ")
        given = token.strip() if scheme.lower() == "bearer" else None
    wanted = resources.settings.health.webhook_secret
    known = wanted.get_secret_value() if wanted is not None else ""
    # Compared as bytes: headers may hold more than ASCII.
    is_right = hmac.compare_digest((given or "").encode(), known.encode())
    if not known or not is_right:
        raise Forbidden(ErrorCode.WEBHOOK_REFUSED)


async def get_alarms(resources: ResourcesDep) -> ExternalAlarms:
    """Where alarms are kept."""
    return resources.alarms


AlarmsDep = Annotated[ExternalAlarms, Depends(get_alarms)]

router = APIRouter(
    prefix="/api/webhooks", tags=["webhooks"], dependencies=[Depends(require_secret)]
)


@router.post(
    "/datadog", operation_id="datadog_webhook", status_code=204, responses=problems(401, 429)
)
async def datadog(event: DatadogEvent, alarms: AlarmsDep) -> Response:
    """A Datadog monitor changed: an alarm is sounded, or lifted when the monitor has recovered."""
    found = _TRANSITION.match(event.title)
    title = event.title[found.end() :] if found else event.title
    transition = event.alert_transition or (found.group(1) if found else "")
    word = (transition.lower().split() or [""])[0]
    status = HealthStatus.DEGRADED if word in _MILD else HealthStatus.UNHEALTHY
    if word == "recovered" or (not word and event.alert_type == "success"):
        status = HealthStatus.HEALTHY
    return await _note(alarms, Alarm("datadog", event.component or title, status))


@router.post(
    "/newrelic", operation_id="newrelic_webhook", status_code=204, responses=problems(401, 429)
)
async def newrelic(issue: NewRelicIssue, alarms: AlarmsDep) -> Response:
    """A New Relic issue changed: an alarm is sounded, or lifted when the issue is closed."""
    status = HealthStatus.DEGRADED
    if issue.state.lower() == "closed":
        status = HealthStatus.HEALTHY
    elif (issue.priority or "").lower() == "critical":
        status = HealthStatus.UNHEALTHY
    return await _note(alarms, Alarm("newrelic", issue.component or issue.title, status))


async def _note(alarms: ExternalAlarms, alarm: Alarm) -> Response:
    if alarm.status is HealthStatus.HEALTHY:
        await alarms.lift(alarm)
    else:
        await alarms.sound(alarm)
    return Response(status_code=204)
