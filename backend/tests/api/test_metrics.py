"""Measurements for Prometheus, and what they must not hold."""

import re

from prometheus_client.parser import text_string_to_metric_families

from tests.assembly import Assembly
from tests.vault import Vault


def samples(vault: Vault, name: str) -> list[tuple[dict[str, str], float]]:
    text = vault.http.get("/metrics").text
    return [
        (sample.labels, sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    ]


def test_requests_are_counted_by_route_and_not_by_path(vault: Vault) -> None:
    document = vault.keep("note.txt", b"words of a note")
    vault.get(f"/api/documents/{document['id']}")
    vault.http.get("/api/documents/no-such-document")
    vault.http.get("/api/nowhere/at/all")
    vault.http.request("PROPFIND", "/api/documents")

    counted = samples(vault, "http_requests_total")
    found = {(one["method"], one["route"], one["status"]): value for one, value in counted}
    assert found["GET", "/api/documents/{document_id}", "2xx"] >= 1
    assert found["GET", "/api/documents/{document_id}", "4xx"] >= 1
    assert found["POST", "/api/documents/upload", "2xx"] >= 1
    assert any(method == "other" for method, _, _ in found)
    assert document["id"] not in vault.http.get("/metrics").text
    assert "nowhere" not in vault.http.get("/metrics").text
    timed = samples(vault, "http_request_duration_seconds_count")
    assert any(one["route"] == "/api/documents/upload" for one, _ in timed)


def test_connections_are_counted(vault: Vault, assembly: Assembly) -> None:
    vault.get("/health")
    attempts = "infra_{}_connection_attempts_total"
    for service in ("redis", "qdrant") if assembly.name == "services" else ():
        found = samples(vault, attempts.format(service))
        assert any(
            labels == {"mode": "async", "context": "docuvault", "outcome": "real"} and value >= 1
            for labels, value in found
        ), service
    for service in ("database", "object_storage"):
        found = samples(vault, attempts.format(service))
        assert any(labels["outcome"] == "real" and value >= 1 for labels, value in found), service


def test_it_is_plain_text_without_secrets(vault: Vault, assembly: Assembly) -> None:
    answer = vault.http.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["cache-control"] == "no-cache"
    assert not re.search(r"://", answer.text)
    if assembly.services is not None:
        assert assembly.services.valkey.password not in answer.text
