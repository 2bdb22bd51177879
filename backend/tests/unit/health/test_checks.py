"""The checks of parts that need no database: what they find, and in what words."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from docuvault.clients.redis import RedisClient
from docuvault.config.settings import RedisSettings
from docuvault.domain.errors import DependencyUnavailable, ErrorCode
from docuvault.domain.health import HealthCheckResult, HealthStatus
from docuvault.health.base import degraded
from docuvault.health.checks.ai import AIHealthCheck
from docuvault.health.checks.component import ComponentHealthCheck
from docuvault.health.checks.disk import DiskHealthCheck
from docuvault.health.checks.downstream import DownstreamServiceCheck
from docuvault.health.checks.object_storage import ObjectStorageHealthCheck
from docuvault.health.checks.redis import RedisHealthCheck
from docuvault.health.checks.vectors import VectorsHealthCheck
from docuvault.health.wording import duration, size, steps_waiting
from docuvault.object_storage.filesystem import FilesystemBackend
from docuvault.object_storage.guarded import GuardedStorage
from tests.servers.process import free_port
from tests.servers.valkey import ValkeyServer

HEALTHY, DEGRADED, UNHEALTHY = HealthStatus.HEALTHY, HealthStatus.DEGRADED, HealthStatus.UNHEALTHY
HUGE = 1 << 60


async def disk(folder: Path, *, reserve: int, warning: int) -> HealthCheckResult:
    return await DiskHealthCheck(
        folder, reserve_bytes=reserve, warning_bytes=warning, timeout_seconds=5
    ).check()


async def test_a_disk_with_room_is_well(tmp_path: Path) -> None:
    assert (await disk(tmp_path, reserve=0, warning=0)).status is HEALTHY


async def test_a_disk_that_fills_up_is_told_before_it_is_full(tmp_path: Path) -> None:
    found = await disk(tmp_path, reserve=5_000_000, warning=HUGE)

    assert found.status is DEGRADED
    assert "below 5 MB new files are refused" in found.message
    assert "until" not in found.message


async def test_a_full_disk_refuses_files_and_keeps_the_rest(tmp_path: Path) -> None:
    found = await disk(tmp_path, reserve=HUGE, warning=HUGE)

    assert (found.status, found.critical) == (UNHEALTHY, False)
    assert "New files are refused until there is more room." in found.message
    assert found.works == "What is stored can be read, found and deleted."


async def test_a_disk_that_is_gone_is_no_disk_with_room(tmp_path: Path) -> None:
    found = await disk(tmp_path / "gone", reserve=0, warning=0)

    assert found.status is UNHEALTHY
    assert str(tmp_path) not in found.message


async def storage_of(root: Path, installation_id: str) -> HealthCheckResult:
    storage = FilesystemBackend(root, reserve_bytes=0)
    try:
        check = ObjectStorageHealthCheck(
            GuardedStorage(storage, installation_id), timeout_seconds=5
        )
        return await check.check()
    finally:
        await storage.close()


async def test_a_storage_is_well_while_it_bears_our_mark(tmp_path: Path) -> None:
    storage = FilesystemBackend(tmp_path, reserve_bytes=0)
    await storage.write_marker("ours")
    await storage.close()

    assert (await storage_of(tmp_path, "ours")).status is HEALTHY
    foreign = await storage_of(tmp_path, "theirs")
    assert (foreign.status, foreign.critical) == (UNHEALTHY, True)
    assert "belongs to another vault" in foreign.message
    missing = await storage_of(tmp_path / "empty", "ours")
    assert missing.status is UNHEALTHY
    assert "its mark is missing" in missing.message


async def nothing() -> None:
    """Whoever is asked is there."""


async def refuses() -> None:
    raise DependencyUnavailable(
        ErrorCode.AI_UNAVAILABLE, "The AI provider refused the configured key."
    )


async def test_the_ai_is_well_when_it_answers_and_the_model_is_ready() -> None:
    async def ask(is_prepared: bool) -> HealthCheckResult:
        return await AIHealthCheck(lambda: is_prepared, nothing, timeout_seconds=5).check()

    assert (await ask(True)).status is HEALTHY
    unready = await ask(False)
    assert unready.status is DEGRADED
    assert "docuvault model prepare" in unready.message


async def test_an_ai_that_refuses_the_key_is_told_in_plain_words() -> None:
    found = await AIHealthCheck(lambda: True, refuses, timeout_seconds=5).check()

    assert found.status is UNHEALTHY
    assert found.message.startswith("The AI provider refused the configured key. ")


@pytest.mark.parametrize(("answer", "status"), [(True, HEALTHY), (False, UNHEALTHY)])
async def test_the_vector_index_says_itself_whether_it_is_there(
    answer: bool, status: HealthStatus
) -> None:
    async def ask() -> bool:
        return answer

    assert (await VectorsHealthCheck(ask, timeout_seconds=5).check()).status is status


async def test_a_component_is_what_it_was_said_to_be() -> None:
    check = ComponentHealthCheck("mail", works="Mail waits.")
    assert (await check.check()).status is HEALTHY

    check.set(degraded("Half of it rests."))

    found = await check.check()
    assert (found.status, found.message) == (DEGRADED, "Half of it rests.")
    assert found.works == "Mail waits."


class Downstream(BaseHTTPRequestHandler):
    """Answers with the status that its path names, and never ends `/slow`."""

    def do_GET(self) -> None:
        if self.path == "/slow":
            threading.Event().wait(3)
            return
        self.send_response(int(self.path[1:]))
        if self.path == "/302":
            self.send_header("Location", "/500")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


@contextmanager
def downstream() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Downstream)
    server.daemon_threads = True
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        yield f"http://user:s3cret@127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        serving.join()
        server.socket.close()


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("/200", HEALTHY, "Works."),
        ("/302", HEALTHY, "Works."),
        ("/404", UNHEALTHY, "Answers with the status 404."),
        ("/503", UNHEALTHY, "Answers with the status 503."),
        ("/slow", UNHEALTHY, "Does not answer"),
    ],
)
async def test_a_service_downstream(path: str, status: HealthStatus, sentence: str) -> None:
    with downstream() as url:
        patience = 0.2 if path == "/slow" else 10
        check = DownstreamServiceCheck("mail", url + path, timeout_seconds=patience)
        found = await check.check()

    assert found.status is status
    assert found.message.startswith(sentence)
    assert "s3cret" not in repr(found)


async def test_a_service_downstream_that_is_not_there() -> None:
    url = f"http://127.0.0.1:{free_port()}/"

    found = await DownstreamServiceCheck("mail", url, timeout_seconds=2).check()

    assert found.message == "Does not answer. What leans on it does not work."


@pytest.mark.services
async def test_redis_comes_and_goes(valkey: ValkeyServer) -> None:
    async def ask(url: str) -> HealthCheckResult:
        settings = RedisSettings.model_validate({"url": url, "connect_timeout": 0.5})
        client = RedisClient(settings, context="test")
        await client.open()
        try:
            return await RedisHealthCheck(client, timeout_seconds=5).check()
        finally:
            await client.close()

    assert (await ask(valkey.url)).status is HEALTHY
    gone = await ask(f"redis://:s3cret@127.0.0.1:{free_port()}/0")
    assert (gone.status, gone.critical) == (UNHEALTHY, False)
    assert gone.message.startswith("Redis cannot be reached just now. Live updates rest")
    assert "s3cret" not in repr(gone)


async def test_a_late_answer_is_let_go_with_the_loop() -> None:
    """Nothing of a hung check is left that could trouble the end of the process."""

    async def hangs() -> bool:
        await asyncio.Event().wait()
        return True

    assert (await VectorsHealthCheck(hangs, timeout_seconds=0.01).check()).status is UNHEALTHY


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 seconds"),
        (119, "119 seconds"),
        (120, "2 minutes"),
        (7199, "119 minutes"),
        (7200, "2 hours"),
        (200_000, "2 days"),
    ],
)
def test_lengths_of_time(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_amounts() -> None:
    assert (size(0), size(512_000_000), size(2_150_000_000)) == ("0 MB", "512 MB", "2.1 GB")
    assert (steps_waiting(1), steps_waiting(2)) == ("1 step waits", "2 steps wait")
