"""What routes get of Redis, and the pages about it: there, away, hung, full, and back again."""

import json
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
import redis

from tests.assembly import Assembly, embedded, services
from tests.recovery import wait_until
from tests.servers.valkey import PASSWORD, ValkeyServer
from tests.vault import Vault

PAGES = (
    ("GET", "connectivity"),
    ("POST", "performance"),
    ("GET", "server-info"),
    ("GET", "connection-pool"),
    ("POST", "operational"),
)
STRICT = ("required", "managed")
LENIENT = ("optional",)


def dependency(http: httpx2.Client, name: str) -> httpx2.Response:
    return http.get(f"/api/debug/redis/dependencies/{name}")


def page(http: httpx2.Client, method: str, name: str) -> httpx2.Response:
    return http.request(method, f"/api/debug/redis/{name}")


def test_every_kind_of_dependency(vault: Vault, assembly: Assembly) -> None:
    has_redis = assembly.name == "services"
    for name in STRICT:
        answer = dependency(vault.http, name)
        assert answer.status_code == (200 if has_redis else 503)
        if has_redis:
            assert answer.json()["server"] == "redis"
            assert answer.json()["at"].endswith(("Z", "+00:00"))
        else:
            assert answer.json()["code"] == "redis_unavailable"
            assert answer.headers["retry-after"]
    assert dependency(vault.http, "optional").json()["server"] == ("redis" if has_redis else None)
    kind = "RedisStorage" if has_redis else "FileStorage"
    assert dependency(vault.http, "storage").json()["server"] == kind
    assert dependency(vault.http, "storage-optional").json()["server"] == kind


def test_routes_get_the_qdrant_server_where_there_is_one(vault: Vault, assembly: Assembly) -> None:
    has_server = assembly.name == "services"
    required = vault.http.get("/api/debug/qdrant/dependencies/required")
    assert required.status_code == (200 if has_server else 503)
    if not has_server:
        assert required.json()["code"] == "vectors_unavailable"
    optional = vault.get("/api/debug/qdrant/dependencies/optional")
    assert optional["server"] == ("qdrant" if has_server else None)


@pytest.mark.parametrize(("method", "name"), PAGES)
def test_a_vault_without_redis_has_nothing_to_tell(
    embedded_assembly: Assembly, method: str, name: str
) -> None:
    with Vault(embedded_assembly.base_url) as vault:
        answer = page(vault.http, method, name)
    assert answer.status_code == 503
    assert answer.json()["code"] == "redis_unavailable"
    assert "without Redis" in answer.json()["detail"]


def test_the_pages_of_a_redis_that_works(services_assembly: Assembly) -> None:
    under = services_assembly.services
    assert under is not None
    client = redis.Redis.from_url(under.valkey.url)
    with client, Vault(services_assembly.base_url) as vault:
        found = {name: page(vault.http, method, name).json() for method, name in PAGES}
        assert not client.keys("docuvault:debug:*")

    connectivity = found["connectivity"]
    assert connectivity["status"] in {"healthy", "degraded"}
    assert connectivity["address"].startswith("redis://***@127.0.0.1")
    assert connectivity["is_fake"] is False
    assert connectivity["ping"]["latency"] in {"excellent", "good", "acceptable"}
    performance = found["performance"]
    assert [one["operation"] for one in performance["timings"]] == ["ping", "set", "get", "delete"]
    assert performance["operations_per_second"] > 10
    server = found["server-info"]
    assert server["version"]
    assert server["clients"] > 0
    assert server["memory_bytes"] > 0
    pool = found["connection-pool"]
    assert pool["largest"] == 50
    assert pool["idle"] + pool["in_use"] >= 1
    assert pool["circuit_open"] is False
    operational = found["operational"]
    assert operational["status"] == "healthy", operational
    assert len(operational["steps"]) == 6
    assert all(step["ok"] for step in operational["steps"])
    assert PASSWORD not in str(found)


def test_a_get_writes_nothing(services_assembly: Assembly) -> None:
    with Vault(services_assembly.base_url) as vault:
        for name in ("performance", "operational"):
            assert page(vault.http, "GET", name).status_code == 405


@pytest.fixture(scope="module")
def own(model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assembly]:
    folder = tmp_path_factory.mktemp("redis-pages")
    with services(
        model_dir,
        folder,
        processing=False,
        DOCUVAULT_REDIS__RETRY_SECONDS="0.3",
        DOCUVAULT_REDIS__SOCKET_TIMEOUT="1",
        DOCUVAULT_REDIS__CONNECT_TIMEOUT="1",
    ) as running:
        yield running


@contextmanager
def frozen(assembly: Assembly) -> Iterator[None]:
    assert assembly.services is not None
    assembly.services.valkey.pause()
    try:
        yield
    finally:
        assembly.services.valkey.resume()


def is_back(vault: Vault) -> bool:
    return dependency(vault.http, "required").status_code == 200


def test_a_redis_that_dies_and_comes_back(own: Assembly) -> None:
    assert own.services is not None
    valkey = own.services.valkey
    with Vault(own.base_url) as vault:
        wait_until(lambda: is_back(vault))
        valkey.kill()
        wait_until(lambda: dependency(vault.http, "required").status_code == 503)
        told = [dependency(vault.http, name) for name in (*STRICT, "storage")]
        assert {answer.status_code for answer in told} == {503}
        assert {answer.json()["code"] for answer in told} == {"redis_unavailable"}
        for name in ("optional", "storage-optional"):
            assert dependency(vault.http, name).json()["server"] is None
        found = {name: page(vault.http, method, name) for method, name in PAGES}
        assert {answer.status_code for answer in found.values()} == {200}
        assert {answer.json()["status"] for answer in found.values()} == {"unhealthy"}
        assert found["connection-pool"].json()["circuit_open"] is True
        valkey.start()
        wait_until(lambda: is_back(vault))
        assert page(vault.http, "POST", "operational").json()["status"] == "healthy"
        everything = str([answer.text for answer in (*told, *found.values())]) + own.log("serve")
    assert PASSWORD not in everything
    assert "v%40lkey" not in everything


def test_a_redis_that_hangs_is_waited_for_once(own: Assembly) -> None:
    with Vault(own.base_url) as vault:
        wait_until(lambda: is_back(vault))
        with frozen(own):
            wait_until(lambda: dependency(vault.http, "required").status_code == 503)
            for _ in range(10):
                answer = dependency(vault.http, "required")
                assert answer.status_code == 503
                assert answer.elapsed.total_seconds() < 0.5
        wait_until(lambda: is_back(vault))


def test_an_upload_hardly_notices_a_redis_that_hangs(own: Assembly) -> None:
    """The first one finds out; it may cost 300 ms, and the ones after it nothing."""
    with Vault(own.base_url) as vault:
        wait_until(lambda: is_back(vault))
        usual = [uploaded(vault, f"usual {n}") for n in range(7)]
        with frozen(own):
            late = [uploaded(vault, f"late {n}") for n in range(5)]
        wait_until(lambda: is_back(vault))
    ordinary = statistics.median(usual)
    assert late[0] - ordinary < 0.3, (usual, late)
    assert statistics.median(late[1:]) - ordinary < 0.1, (usual, late)


def uploaded(vault: Vault, text: str) -> float:
    began = time.perf_counter()
    assert vault.upload(f"{text}.txt", text.encode()).status_code == 201
    return time.perf_counter() - began


def test_a_redis_that_is_full(own: Assembly) -> None:
    assert own.services is not None
    with redis.Redis.from_url(own.services.valkey.url) as client, Vault(own.base_url) as vault:
        wait_until(lambda: is_back(vault))
        client.config_set("maxmemory", 1)
        try:
            operational = page(vault.http, "POST", "operational")
            assert operational.status_code == 200
            assert operational.json()["status"] == "unhealthy"
            assert page(vault.http, "GET", "connectivity").json()["ping"]["ok"] is True
        finally:
            client.config_set("maxmemory", 0)
        assert not client.keys("docuvault:debug:*")
        wait_until(lambda: is_back(vault))


@pytest.mark.parametrize("kind", ["nobody listens", "wrong password"])
def test_a_redis_that_was_never_there(
    kind: str, model_dir: Path, tmp_path: Path, valkey: ValkeyServer
) -> None:
    port = valkey.port if kind == "wrong password" else 9
    url = f"redis://:tr0ub4dor@127.0.0.1:{port}/0"
    with (
        embedded(model_dir, tmp_path, REDIS_URL=url) as running,
        Vault(running.base_url) as vault,
    ):
        for name in STRICT:
            assert dependency(vault.http, name).json()["code"] == "redis_unavailable"
        assert dependency(vault.http, "optional").json()["server"] is None
        assert page(vault.http, "GET", "connectivity").json()["status"] == "unhealthy"
        assert vault.get("/health")["checks"]["redis"] == "error"
        assert vault.http.get("/health/ready").status_code == 200
        assert vault.keep("note.txt", b"words that are kept")["status"] == "ready"
        log = running.log("serve")
    assert "tr0ub4dor" not in log
    assert "service.unavailable" in log
    told = [json.loads(line) for line in log.splitlines() if '"start.part"' in line]
    redis_line = next(line for line in told if line["part"] == "redis")
    assert redis_line["state"] == "away"
    assert redis_line["address"].startswith(f"redis://***@127.0.0.1:{port}/0")
    assert "Live updates" in redis_line["suffers"]
    assert "REDIS_URL" in redis_line["mend"]
    assert {line["state"] for line in told if line["part"] in {"database", "storage"}} == {"ok"}


def test_a_fake_stands_in_only_where_it_is_allowed(model_dir: Path, tmp_path: Path) -> None:
    url = "redis://:tr0ub4dor@127.0.0.1:9/0"
    with (
        embedded(model_dir, tmp_path, REDIS_URL=url, DOCUVAULT_REDIS__ALLOW_FAKE="true") as running,
        Vault(running.base_url) as vault,
    ):
        for name in (*STRICT, *LENIENT, "storage", "storage-optional"):
            assert dependency(vault.http, name).json()["server"]
        found = {name: page(vault.http, method, name).json() for method, name in PAGES}
        assert found["connectivity"]["is_fake"] is True
        assert found["connectivity"]["status"] == "degraded"
        assert found["server-info"]["status"] == "degraded"
        assert found["server-info"]["version"] is None
        assert found["operational"]["status"] == "degraded"
        assert all(step["ok"] for step in found["operational"]["steps"])
        assert "infra_redis_fallback_total" in vault.http.get("/metrics").text
        log = running.log("serve")
    assert "Redis unavailable" in log
    assert "tr0ub4dor" not in log
