"""The stored choice of an AI provider, over HTTP: followed by workers, its key told to nobody."""

import itertools
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from docuvault.config.settings import DatabaseSettings
from docuvault.db.models import AIChoice, AuditEntry
from docuvault.db.session import Database, create_engine
from tests.assembly import Assembly, embedded, services
from tests.servers.ai_provider import KEY, MODEL, AIProviderServer, ai_provider_server
from tests.vault import Vault

TOKEN = "admin-token-of-the-tests"
SETTINGS = "/api/ai/settings"
# Longer than a process relies on what it has looked up.
FOLLOWED_SECONDS = 3.0
ANSWER = json.dumps({"topics": [{"topic": "t1", "confidence": 0.9, "reason": "The model says."}]})
ENVIRONMENT = {
    "DOCUVAULT_ADMIN_TOKEN": TOKEN,
    "DOCUVAULT_AI__ALLOWED_HOSTS": '["127.0.0.1"]',
    "ANTHROPIC_API_KEY": "anthropic-key-of-the-environment",
}
STARTS: dict[str, Callable[..., Any]] = {"embedded": embedded, "services": services}


@pytest.fixture(scope="module", params=["embedded", "services"])
def product(
    request: pytest.FixtureRequest, model_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Assembly]:
    """A product with a token for administrators, whose environment allows this machine."""
    start = STARTS[request.param]
    with start(model_dir, tmp_path_factory.mktemp(f"ai-{request.param}"), **ENVIRONMENT) as running:
        yield running


@pytest.fixture
def admin(product: Assembly) -> Iterator[Vault]:
    """An administrator before an empty vault on its environment's settings."""
    with Vault(product.base_url) as client:
        client.http.headers["Authorization"] = f"Bearer {TOKEN}"
        client.empty()
        client.http.delete(SETTINGS)
        yield client
        client.http.delete(SETTINGS)


@pytest.fixture
def provider() -> Iterator[AIProviderServer]:
    with ai_provider_server() as server:
        server.texts = [ANSWER]
        yield server


def choice(provider: AIProviderServer, **changes: Any) -> dict[str, Any]:
    return {
        "provider": "openai",
        "model": MODEL,
        "base_url": f"{provider.url}/v1",
        "api_key": KEY,
        **changes,
    }


def put(vault: Vault, body: dict[str, Any]) -> dict[str, Any]:
    response = vault.http.put(SETTINGS, json=body)
    assert response.status_code == 200, response.text
    stored: dict[str, Any] = response.json()
    return stored


def classified_by(vault: Vault, source: str) -> dict[str, Any]:
    """A topic of a new document, once new documents get theirs from there."""
    deadline = time.monotonic() + 60
    for number in itertools.count():
        text = f"Amount due to {source}: {number} EUR."
        document = vault.keep(f"bill-{source}-{number}.txt", text.encode())
        found: list[dict[str, Any]] = document["topics"]
        if found and found[0]["source"] == source:
            return found[0]
        assert time.monotonic() < deadline, document
    raise AssertionError


def test_only_administrators_may(admin: Vault, product: Assembly) -> None:
    with httpx2.Client(base_url=product.base_url) as stranger:
        for method, path in (
            ("GET", SETTINGS),
            ("PUT", SETTINGS),
            ("DELETE", SETTINGS),
            ("POST", "/api/ai/test"),
        ):
            answer = stranger.request(method, path, json={"provider": "local"})
            assert (answer.status_code, answer.json()["code"]) == (401, "admin_required")
    assert admin.get(SETTINGS)["source"] == "environment"


def test_the_environment_stands_first(admin: Vault) -> None:
    standing = admin.get(SETTINGS)
    assert standing == {
        "source": "environment",
        "provider": "local",
        "model": "",
        "base_url": "",
        "host": "",
        "system_prompt": "",
        "max_characters": 8000,
        "has_key": False,
        "key_source": "none",
        "in_force": True,
        "problem": None,
        "text_leaves_the_vault": False,
        "defaults": standing["defaults"],
    }
    assert standing["defaults"]["anthropic_base_url"] == "https://api.anthropic.com"
    trial = admin.http.post("/api/ai/test").json()
    assert trial["ok"], trial


def test_workers_follow_without_a_restart(admin: Vault, provider: AIProviderServer) -> None:
    admin.topic("Bills", "Invoices, bills and payments: amount due.")
    prompt = "You sort the papers of a farm. Invent topics as you like."
    stored = put(admin, choice(provider, system_prompt=prompt, max_characters=200))
    assert (stored["source"], stored["has_key"], stored["in_force"]) == ("stored", True, True)
    assert stored["host"] == "127.0.0.1"

    topic = classified_by(admin, "ai")
    assert (topic["name"], topic["evidence"]) == ("Bills", "The model says.")
    system = provider.seen[-1].body["messages"][0]["content"]
    assert system.startswith(prompt)
    assert "Never invent a topic" in system
    assert admin.get("/api/info")["text_leaves_the_vault"] is True

    provider.texts = ['{"topics": [{"topic": "Farm", "confidence": 1, "reason": "Invented."}]}']
    invented = admin.keep("cow.txt", b"A receipt for one cow, to be invented a topic for.")
    assert invented["topics"] == []
    assert [topic["name"] for topic in admin.get("/api/topics")["topics"]] == ["Bills"]

    long = admin.keep("long.txt", b"Z" * 5000)
    assert long["status"] == "ready"
    assert provider.seen[-1].prompt.count("Z") == 200

    changed = time.monotonic()
    assert admin.http.delete(SETTINGS).json()["source"] == "environment"
    # Each of the workers' processes looks for itself, and may have looked just before.
    for number in itertools.count():
        admin.keep(f"meanwhile-{number}.txt", f"Written meanwhile: {number}.".encode())
        if time.monotonic() > changed + FOLLOWED_SECONDS:
            break
    asked = len(provider.seen)
    admin.keep("after.txt", b"Amount due after the change: 5 EUR.")
    assert len(provider.seen) == asked
    assert admin.get("/api/info")["text_leaves_the_vault"] is False


def test_a_connection_is_tried_before_or_after_it_is_stored(
    admin: Vault, provider: AIProviderServer
) -> None:
    trial = admin.http.post("/api/ai/test", json=choice(provider)).json()
    assert trial["ok"], trial
    assert trial["sentence"].startswith("It works")
    assert trial["latency_ms"] > 0
    assert admin.get(SETTINGS)["source"] == "environment"

    wrong = admin.http.post("/api/ai/test", json=choice(provider, api_key="wrong-key")).json()
    assert (wrong["ok"], wrong["sentence"]) == (
        False,
        "The AI provider refused the configured key.",
    )
    put(admin, choice(provider))
    assert admin.http.post("/api/ai/test").json()["ok"]
    kept = {key: value for key, value in choice(provider).items() if key != "api_key"}
    assert admin.http.post("/api/ai/test", json=kept).json()["ok"], "the kept key is used"


def test_a_kept_key_never_goes_to_another_host(admin: Vault, provider: AIProviderServer) -> None:
    put(admin, choice(provider))
    with ai_provider_server() as thief:
        thief.texts = [ANSWER]
        body = {key: value for key, value in choice(thief).items() if key != "api_key"}
        assert not admin.http.post("/api/ai/test", json=body).json()["ok"]
        stored = put(admin, body)
        assert (stored["has_key"], stored["key_source"]) == (False, "none")
        assert not admin.http.post("/api/ai/test").json()["ok"]
        assert thief.pings
        assert KEY not in repr([*thief.pings, *thief.seen])


def test_a_key_can_be_kept_and_forgotten(admin: Vault, provider: AIProviderServer) -> None:
    put(admin, choice(provider))
    kept = {key: value for key, value in choice(provider).items() if key != "api_key"}
    assert put(admin, kept)["has_key"]
    assert not put(admin, choice(provider, api_key=None))["has_key"]


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://example.org/",
        "http://169.254.169.254/latest/meta-data",
        "http://[::ffff:169.254.169.254]/",
        "http://2130706433/",
        "http://0177.0.0.1/",
        "http://0x7f.1/",
        "HTTP://example.org/",
        "http://user@example.org/",
        "http://localhost:11435/",
        "http://127.0.0.2:8000/",
        "http://100.64.0.1/",
        "http://0.0.0.0/",
        "http://224.0.0.1/",
        "http://[64:ff9b::7f00:1]/",
        "http://[2002:7f00:1::]/",
    ],
)
def test_addresses_that_are_not_allowed(admin: Vault, url: str) -> None:
    body = {"provider": "ollama", "model": MODEL, "base_url": url}
    answer = admin.http.put(SETTINGS, json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "url_not_allowed")
    assert admin.get(SETTINGS)["source"] == "environment"


@pytest.mark.parametrize(
    "changes",
    [
        {"provider": "other"},
        {"provider": "ollama", "model": ""},
        {"provider": "openai", "base_url": "", "model": "m"},
        {"max_characters": 199},
        {"max_characters": 100_001},
        {"max_characters": "8000"},
        {"system_prompt": "x" * 4001},
        {"model": "m" * 201},
        {"api_key": ""},
        {"api_key": "with space"},
        {"api_key": "with\r\nheader: x"},
        {"api_key": "x" * 501},
        {"surprise": 1},
    ],
)
def test_bodies_that_are_refused(admin: Vault, changes: dict[str, Any]) -> None:
    answer = admin.http.put(SETTINGS, json={"provider": "local", **changes})
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert "with space" not in answer.text


def test_the_environments_key_serves_its_own_host_only(admin: Vault) -> None:
    stored = put(admin, {"provider": "anthropic", "model": MODEL})
    assert (stored["has_key"], stored["key_source"]) == (True, "environment")
    elsewhere = {"provider": "anthropic", "model": MODEL, "base_url": "http://127.0.0.1:9"}
    answer = admin.http.put(SETTINGS, json=elsewhere)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body.api_key")


def test_tests_have_a_limit(admin: Vault, product: Assembly) -> None:
    # Another address of this machine, so that the other tests keep their own count.
    transport = httpx2.HTTPTransport(local_address="127.0.0.3")
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with httpx2.Client(base_url=product.base_url, transport=transport, headers=headers) as busy:
        answers = [busy.post("/api/ai/test", json={"provider": "local"}) for _ in range(13)]
    assert [answer.status_code for answer in answers] == [200] * 12 + [429]
    assert answers[-1].json()["code"] == "too_many_requests"
    assert admin.http.post("/api/ai/test").status_code == 200


async def test_no_key_is_told_anywhere(
    admin: Vault, product: Assembly, provider: AIProviderServer
) -> None:
    admin.topic("Bills", "Invoices, bills and payments: amount due.")
    bodies = [admin.http.put(SETTINGS, json=choice(provider)).text]
    classified_by(admin, "ai")
    bodies.append(admin.http.post("/api/ai/test", json=choice(provider)).text)
    bodies.append(admin.http.put(SETTINGS, json=choice(provider, max_characters=1)).text)
    bodies.append(admin.http.put(SETTINGS, json=choice(provider, api_key=f"{KEY} {KEY}")).text)
    bodies += [admin.http.get(path).text for path in (SETTINGS, "/api/info", "/api/status")]
    assert KEY not in "".join(bodies)
    assert any(KEY in request.headers["authorization"] for request in provider.seen), "it is used"
    logs = "".join(product.log(name) for name in product.processes)
    assert "ai.in_force" in logs
    assert KEY not in logs

    url = product.environment.get(
        "DATABASE_URL", f"sqlite+aiosqlite:///{product.folder}/data/docuvault.db"
    )
    database = Database(create_engine(url, DatabaseSettings()))
    async with database.reading() as session:
        row = (await session.execute(select(AIChoice))).scalar_one()
        entries = (
            await session.execute(
                select(AuditEntry.action, AuditEntry.details).order_by(AuditEntry.id)
            )
        ).all()
    await database.close()
    assert row.sealed_key is not None
    assert KEY not in repr(vars(row))
    changes = [details for action, details in entries if action == "ai.changed"]
    assert changes[-1] == {
        "provider": "openai",
        "model": MODEL,
        "host": "127.0.0.1",
        "key": "new",
    }
    assert KEY not in repr(entries)
