"""The administrator's token: who needs it, who has it, and who guesses."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from docuvault.api.admin import AdminGate
from docuvault.config.settings import ServerSettings, Settings
from docuvault.domain.errors import ErrorCode, Forbidden
from docuvault.key_value.memory import MemoryStorage
from tests.assembly import Assembly, embedded
from tests.vault import Vault

TOKEN = "a-token-that-nobody-guesses-0123456789"
SESSION = "/api/admin/session"
DEBUG = "/api/debug/redis/dependencies/optional"


@pytest.fixture(scope="module")
def guarded(model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assembly]:
    folder = tmp_path_factory.mktemp("guarded")
    with embedded(model_dir, folder, DOCUVAULT_ADMIN_TOKEN=TOKEN) as running:
        yield running


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_without_a_token_loopback_is_enough(vault: Vault) -> None:
    assert vault.get("/api/info")["admin_token_needed"] is False
    assert vault.http.get(SESSION).status_code == 204
    assert vault.http.get(DEBUG).status_code == 200


def test_with_a_token_nobody_gets_through_without_it(guarded: Assembly) -> None:
    with Vault(guarded.base_url) as vault:
        assert vault.get("/api/info")["admin_token_needed"] is True
        for path in (SESSION, DEBUG, "/metrics"):
            refused = vault.http.get(path)
            assert refused.status_code == 401
            assert refused.json()["code"] == "admin_required"
            assert refused.headers["www-authenticate"] == "Bearer"
            assert vault.http.get(path, headers=bearer(TOKEN)).status_code in {200, 204}
        basic = vault.http.get(SESSION, headers={"Authorization": f"Basic {TOKEN}"})
        assert basic.status_code == 401
    assert TOKEN not in guarded.log("serve")


def test_guessing_ends_after_ten_wrong_tokens(guarded: Assembly) -> None:
    with Vault(guarded.base_url) as vault:
        # Saying that one comes from elsewhere each time is of no use.
        answers = [
            vault.http.get(
                SESSION, headers=bearer(f"guess-{n}") | {"X-Forwarded-For": f"192.0.2.{n}"}
            )
            for n in range(12)
        ]
        assert [answer.status_code for answer in answers] == [401] * 10 + [429] * 2
        assert answers[-1].json()["code"] == "too_many_requests"
        assert vault.http.get(SESSION, headers=bearer(TOKEN)).status_code == 429
        assert vault.get("/health/live")
    assert "guess-3" not in guarded.log("serve")


@pytest.mark.parametrize(
    ("env", "host", "is_open"),
    [
        ("development", "127.0.0.1", True),
        ("development", "localhost", True),
        ("development", "::1", True),
        ("development", "0.0.0.0", False),
        ("production", "127.0.0.1", False),
    ],
)
async def test_where_no_token_is_set(env: str, host: str, is_open: bool) -> None:
    settings = Settings.model_validate({"env": env, "server": ServerSettings(host=host)})
    gate = AdminGate(settings, MemoryStorage())
    assert gate.needs_token is not is_open
    for authorization in (None, "", "Bearer ", "Bearer anything"):
        if is_open:
            await gate.check(authorization, "127.0.0.1")
        # Also where a server that was started by hand listens elsewhere than the settings say.
        for address in ("1.2.3.4", "unknown") if is_open else ("127.0.0.1", "1.2.3.4"):
            with pytest.raises(Forbidden) as refused:
                await gate.check(authorization, address)
            assert refused.value.code is ErrorCode.ADMIN_REQUIRED


async def test_guesses_are_counted_per_address_also_without_the_storage() -> None:
    storage = MemoryStorage()
    gate = AdminGate(Settings.model_validate({"admin_token": TOKEN}), storage)
    await storage.close()
    for _ in range(10):
        with pytest.raises(Forbidden) as refused:
            await gate.check("Bearer wrong", "1.2.3.4")
        assert refused.value.code is ErrorCode.ADMIN_REQUIRED
    with pytest.raises(Forbidden) as refused:
        await gate.check(f"Bearer {TOKEN}", "1.2.3.4")
    assert refused.value.code is ErrorCode.TOO_MANY_REQUESTS
    await gate.check(f"Bearer {TOKEN}", "5.6.7.8")
    await gate.check(f"bearer  {TOKEN}", "5.6.7.8")
