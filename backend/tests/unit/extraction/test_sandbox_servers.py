"""The sandbox when its server or its host dies, and in hosts of several kinds."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest
import uvloop

from docuvault.domain.errors import DependencyUnavailable, ErrorCode
from docuvault.domain.media_types import TEXT
from docuvault.extraction.sandbox import Sandbox
from tests.unit.extraction import builders, misbehaving_server
from tests.unit.extraction.sandboxes import (
    SETTINGS,
    children,
    children_of,
    code_of,
    exists,
    folder_of,
    gone,
    misbehaving,
    read_pdf,
    sandbox_with,
    text_of,
)


async def test_a_killed_server_is_replaced_and_the_document_tried_again(path: Path) -> None:
    async with sandbox_with() as sandbox:
        await read_pdf(sandbox, path.parent, "warm")
        first = sandbox.server_pid
        assert first is not None
        task = asyncio.create_task(text_of(sandbox, path, "nap"))
        await children(sandbox, 1)
        os.kill(first, signal.SIGKILL)
        assert await task == "slept"
        assert sandbox.server_pid != first
        assert await gone(first)


async def test_a_server_killed_twice_is_the_fault_of_the_document(path: Path) -> None:
    async with sandbox_with() as sandbox:
        await read_pdf(sandbox, path.parent, "warm")
        task = asyncio.create_task(code_of(sandbox, path, "sleep"))
        for _ in range(2):
            await children(sandbox, 1)
            server = sandbox.server_pid
            assert server is not None
            os.kill(server, signal.SIGKILL)
            for _ in range(1000):
                if sandbox.server_pid != server or task.done():
                    break
                await asyncio.sleep(0.02)
        assert await task is ErrorCode.PARSER_CRASHED
        assert await read_pdf(sandbox, path.parent, "after") == "after"


async def test_a_frozen_server_is_replaced(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docuvault.extraction.parser_server._KILL_SECONDS", 0.3)
    async with sandbox_with(wall_seconds=3.0) as sandbox:
        await read_pdf(sandbox, path.parent, "warm")
        assert sandbox.server_pid is not None
        os.kill(sandbox.server_pid, signal.SIGSTOP)
        assert await read_pdf(sandbox, path.parent, "thawed") == "thawed"


async def test_a_server_that_cannot_start(path: Path) -> None:
    missing = Sandbox(SETTINGS, processes=1, command=("/nonexistent/program",))
    with pytest.raises(DependencyUnavailable):
        await missing.open()
    await missing.close()
    async with Sandbox(SETTINGS, processes=1, command=("/bin/false",)) as sandbox:
        with pytest.raises(DependencyUnavailable) as caught:
            await sandbox.extract(path, TEXT)
    assert caught.value.transient


async def test_closing_leaves_nothing(path: Path) -> None:
    sandbox = sandbox_with()
    await sandbox.open()
    await read_pdf(sandbox, path.parent, "warm")
    task = asyncio.create_task(code_of(sandbox, path, "sleep"))
    await children(sandbox, 1)
    server = sandbox.server_pid
    assert server is not None
    folder = folder_of(server)
    assert exists(folder)
    await sandbox.close()
    assert await task is ErrorCode.SERVICE_UNAVAILABLE
    assert await gone(server)
    assert not exists(folder)
    with pytest.raises(DependencyUnavailable):
        await sandbox.extract(path, TEXT)


async def test_a_killed_host_leaves_nothing(path: Path) -> None:
    program = f"""
import asyncio
from pathlib import Path
from docuvault.config.settings import ExtractionSettings
from docuvault.extraction.sandbox import Sandbox

PREFIX = {misbehaving_server.PREFIX!r}

async def main():
    sandbox = Sandbox(ExtractionSettings(), processes=2, command={tuple(misbehaving())!r})
    await sandbox.open()
    reading = [
        asyncio.create_task(sandbox.extract(Path({str(path)!r}), PREFIX + how))
        for how in ("sleep", "spin")
    ]
    print(sandbox.server_pid, flush=True)
    await asyncio.wait(reading)

asyncio.run(main())
"""
    host = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE
    )
    assert host.stdout is not None
    server = int(await host.stdout.readline())
    await children_of(server, 2)
    folder = folder_of(server)
    host.kill()
    await host.wait()
    assert await gone(server)
    assert not exists(folder)


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_in_a_thread_that_is_not_the_main_one(
    run: Callable[[Coroutine[None, None, None]], None], tmp_path: Path
) -> None:
    found: list[str] = []

    async def main() -> None:
        async with Sandbox(SETTINGS, processes=1) as sandbox:
            found.append(await read_pdf(sandbox, tmp_path, "threaded"))

    thread = threading.Thread(target=run, args=(main(),))
    thread.start()
    thread.join()
    assert found == ["threaded"]


def test_in_a_daemonic_prefork_child(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(builders.pdf(["prefork"]))
    program = f"""
import asyncio
from pathlib import Path
import billiard
from docuvault.config.settings import ExtractionSettings
from docuvault.extraction.sandbox import Sandbox

async def main():
    async with Sandbox(ExtractionSettings(), processes=1) as sandbox:
        return (await sandbox.extract(Path({str(path)!r}), "application/pdf")).pages[0].text

def job():
    assert billiard.current_process().daemon
    return asyncio.run(main())

with billiard.Pool(1) as pool:
    print(pool.apply(job))
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == b"prefork"
