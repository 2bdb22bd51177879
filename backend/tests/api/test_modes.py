"""A person's choice of the mode over HTTP, and what the status page tells of it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.modes import let_the_facts_decide
from tests.recovery import wait_until
from tests.vault import Vault


@pytest.fixture
def chooser(vault: Vault) -> Iterator[Vault]:
    """Whoever chooses takes it back in the end, and waits until workers know."""
    yield vault
    let_the_facts_decide(vault)


def test_a_choice_is_told_and_followed_and_taken_back(chooser: Vault) -> None:
    before = datetime.now(UTC)
    response = chooser.http.put(
        "/api/status/mode", json={"mode": "safe", "reason": " Moving house. ", "minutes": 5}
    )

    assert response.status_code == 200, response.text
    chosen = response.json()
    assert (chosen["mode"], chosen["mode_reason"]) == ("safe", "Moving house.")
    until = datetime.fromisoformat(chosen["overridden_until"])
    assert timedelta(minutes=5) <= until - before < timedelta(minutes=6)
    assert datetime.fromisoformat(chosen["mode_since"]) >= before
    status = chooser.get("/api/status")
    assert {key: status[key] for key in chosen} == chosen
    assert status["notices"][0]["code"] == "mode_safe"
    newest = status["transitions"][0]
    assert (newest["from"], newest["to"], newest["reason"]) == ("primary", "safe", "Moving house.")

    def is_deferred() -> bool:
        content = f"A letter of {datetime.now(UTC).isoformat()}.".encode()
        return bool(chooser.keep("letter.txt", content)["mode"] == "safe")

    wait_until(is_deferred)

    back = chooser.http.delete("/api/status/mode").json()
    assert (back["mode"], back["overridden_until"]) == ("primary", None)

    def all_are_complete() -> bool:
        items = chooser.get("/api/documents", per_page=200)["items"]
        return all(item["mode"] == "primary" for item in items)

    wait_until(all_are_complete)


def test_looking_at_the_status_changes_nothing(vault: Vault) -> None:
    first = vault.get("/api/status")
    for _ in range(3):
        again = vault.get("/api/status")
        assert (again["mode"], again["mode_since"]) == (first["mode"], first["mode_since"])
        assert again["transitions"] == first["transitions"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"mode": "best", "reason": "x", "minutes": 1}, "body.mode"),
        ({"mode": "safe", "reason": "x", "minutes": 0}, "body.minutes"),
        ({"mode": "safe", "reason": "x", "minutes": 44_641}, "body.minutes"),
        ({"mode": "safe", "reason": "x", "minutes": "5"}, "body.minutes"),
        ({"mode": "safe", "reason": "  ", "minutes": 5}, "body.reason"),
        ({"mode": "safe", "reason": "x" * 201, "minutes": 5}, "body.reason"),
        ({"mode": "safe", "reason": "x"}, "body.minutes"),
        ({"mode": "safe", "reason": "x", "minutes": 5, "for_ever": True}, "body.for_ever"),
    ],
)
def test_a_choice_that_cannot_be_is_refused(vault: Vault, body: dict[str, Any], field: str) -> None:
    response = vault.http.put("/api/status/mode", json=body)

    assert response.status_code == 422
    assert field in [error["field"] for error in response.json()["errors"]]
    assert vault.get("/api/status")["overridden_until"] is None
