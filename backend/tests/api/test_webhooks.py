"""Webhooks of monitoring services: who may, what they say, and who sees it."""

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.api.conftest import WEBHOOK_SECRET
from tests.assembly import Assembly
from tests.recovery import wait_until
from tests.servers.process import ServerProcess
from tests.vault import Vault

pytestmark = pytest.mark.services

SECRET = {"X-DocuVault-Webhook-Secret": WEBHOOK_SECRET}
DATADOG, NEWRELIC = "/api/webhooks/datadog", "/api/webhooks/newrelic"


@pytest.fixture
def hooked(fragile_vault: Vault) -> Iterator[Vault]:
    """A vault without alarms, before and after."""
    yield fragile_vault
    for source, path, closed in (
        ("datadog", DATADOG, {"alert_transition": "Recovered"}),
        ("newrelic", NEWRELIC, {"state": "CLOSED"}),
    ):
        for name in external(fragile_vault):
            if name.startswith(f"{source}:"):
                send(fragile_vault, path, {"title": name.partition(":")[2], **closed})
    assert external(fragile_vault) == {}


def send(
    vault: Vault, path: str, body: dict[str, Any], headers: dict[str, str] | None = None
) -> httpx2.Response:
    return vault.http.post(path, json=body, headers=SECRET if headers is None else headers)


def external(vault: Vault) -> dict[str, str]:
    """The parts that only others know, and how they are."""
    checks = vault.get("/health")["checks"]
    return {name: status for name, status in checks.items() if ":" in name}


def test_datadog_sounds_and_lifts_an_alarm(hooked: Vault) -> None:
    told = send(hooked, DATADOG, {"title": "[Triggered on {host:a}] Disk latency", "id": 7})
    assert (told.status_code, told.content) == (204, b"")
    assert external(hooked) == {"datadog:disk-latency": "error"}
    health = hooked.get("/health")
    assert health["status"] == "degraded"
    infra = hooked.get("/health/infra")
    component = next(one for one in infra["components"] if one["name"] == "datadog:disk-latency")
    assert component["message"] == "Datadog reports an outage here."
    assert component["critical"] is False
    # An alarm from outside never takes the vault out of service.
    wait_until(lambda: hooked.http.get("/health/ready").status_code == 200)
    assert external(hooked) == {"datadog:disk-latency": "error"}

    send(hooked, DATADOG, {"title": "Disk latency", "alert_transition": "Warn"})
    assert external(hooked) == {"datadog:disk-latency": "degraded"}

    send(hooked, DATADOG, {"title": "[Recovered] Disk latency"})
    assert external(hooked) == {}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"title": "x", "alert_type": "success"}, None),
        ({"title": "x", "alert_type": "error"}, "error"),
        ({"title": "[No Data] x"}, "error"),
        ({"title": "[Re-Triggered] x", "alert_transition": "Re-Warn"}, "degraded"),
        ({"title": "whatever", "component": "x"}, "error"),
    ],
)
def test_the_states_of_datadog(hooked: Vault, body: dict[str, Any], status: str | None) -> None:
    assert send(hooked, DATADOG, body).status_code == 204

    assert external(hooked) == ({} if status is None else {"datadog:x": status})


def test_new_relic_sounds_and_lifts_an_alarm(hooked: Vault) -> None:
    issue = {"title": "Disk", "state": "ACTIVATED", "priority": "CRITICAL", "issueUrl": "http://x"}
    assert send(hooked, NEWRELIC, issue).status_code == 204
    assert external(hooked) == {"newrelic:disk": "error"}

    assert send(hooked, NEWRELIC, {**issue, "priority": "LOW"}).status_code == 204
    assert external(hooked) == {"newrelic:disk": "degraded"}

    assert send(hooked, NEWRELIC, {**issue, "state": "CLOSED"}).status_code == 204
    assert external(hooked) == {}


def test_the_secret_may_come_as_a_bearer_token(hooked: Vault) -> None:
    headers = {"Authorization": f"Bearer {WEBHOOK_SECRET}"}

    assert send(hooked, DATADOG, {"title": "[Recovered] x"}, headers).status_code == 204


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-DocuVault-Webhook-Secret": ""},
        {"X-DocuVault-Webhook-Secret": WEBHOOK_SECRET[:-1]},
        {"X-DocuVault-Webhook-Secret": "wrong", "Authorization": f"Bearer {WEBHOOK_SECRET}"},
        {"Authorization": f"Basic {WEBHOOK_SECRET}"},
        {"Authorization": WEBHOOK_SECRET},
    ],
)
@pytest.mark.parametrize("path", [DATADOG, NEWRELIC])
def test_who_does_not_know_the_secret_is_refused(
    hooked: Vault, path: str, headers: dict[str, str]
) -> None:
    refused = send(hooked, path, {"title": "[Triggered] x", "state": "ACTIVATED"}, headers)

    assert (refused.status_code, refused.json()["code"]) == (401, "webhook_refused")
    assert WEBHOOK_SECRET not in refused.text
    assert external(hooked) == {}


def test_without_a_secret_all_are_refused(vault: Vault) -> None:
    for headers in ({}, {"X-DocuVault-Webhook-Secret": ""}, {"Authorization": "Bearer"}):
        refused = send(vault, DATADOG, {"title": "[Triggered] x"}, headers)
        assert (refused.status_code, refused.json()["code"]) == (401, "webhook_refused")


def test_monitoring_may_call_from_anywhere_and_nobody_else(hooked: Vault) -> None:
    foreign = {"Origin": "https://app.datadoghq.com", "Host": "vault.example"}
    sent = send(hooked, DATADOG, {"title": "[Recovered] x"}, {**SECRET, **foreign})
    assert sent.status_code == 204

    for path in ("/api/topics", "/api/webhooks", "/api/webhooks/datadog/", "/api/webhooks/x"):
        answer = send(hooked, path, {"title": "x"}, {**SECRET, **foreign})
        assert answer.status_code in {403, 421}, path


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"title": 7},
        {"title": "x" * 501},
        {"title": "x", "component": ["x"]},
        {"title": None},
    ],
)
def test_known_fields_must_be_right(hooked: Vault, body: dict[str, Any]) -> None:
    assert send(hooked, DATADOG, body).status_code == 422
    assert external(hooked) == {}


def test_bodies_are_small(hooked: Vault) -> None:
    big = send(hooked, DATADOG, {"title": "[Triggered] x", "body": "y" * 70_000})

    assert (big.status_code, big.json()["code"]) == (413, "body_too_large")
    assert external(hooked) == {}


def test_there_are_never_more_than_twenty(hooked: Vault) -> None:
    answers = [
        send(hooked, DATADOG, {"title": f"[Triggered] part {number}"}) for number in range(21)
    ]

    assert [answer.status_code for answer in answers] == [*[204] * 20, 429]
    assert answers[-1].json()["code"] == "too_many_requests"
    assert len(external(hooked)) == 20


def test_an_alarm_cannot_be_taken_in_while_nobody_can_remember_it(
    fragile: Assembly, hooked: Vault
) -> None:
    assert fragile.services is not None
    redis: ServerProcess = fragile.services.valkey
    redis.kill()
    try:
        refused = send(hooked, DATADOG, {"title": "[Triggered] x"})
        assert (refused.status_code, refused.json()["code"]) == (503, "redis_unavailable")
        assert refused.headers["retry-after"]
    finally:
        redis.start()
