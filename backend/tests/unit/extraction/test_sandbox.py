"""The sandbox with parsers that hang, crash, hoard and pry."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from docuvault.config.settings import ExtractionSettings
from docuvault.domain.errors import DependencyUnavailable, DocuVaultError, ErrorCode
from docuvault.domain.media_types import DOCX, PDF, TEXT
from docuvault.extraction.sandbox import Sandbox
from tests.unit.extraction import builders
from tests.unit.extraction.sandboxes import (
    MIB,
    SETTINGS,
    children,
    code_of,
    exists,
    libraries_of,
    misbehaving,
    read_pdf,
    sandbox_with,
    text_of,
)


@pytest.fixture(scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    async with sandbox_with() as one:
        yield one


async def test_the_parsers_of_the_house(tmp_path: Path) -> None:
    async with Sandbox(SETTINGS, processes=2) as sandbox:
        assert await read_pdf(sandbox, tmp_path, "hello") == "hello"
        word = tmp_path / "a.docx"
        word.write_bytes(builders.docx(builders.paragraph("from Word")))
        assert (await sandbox.extract(word, DOCX)).pages[0].text == "from Word"
        assert await code_of(sandbox, word, "sleep") is ErrorCode.UNSUPPORTED_TYPE
        with pytest.raises(DocuVaultError) as caught:
            await sandbox.extract(word, PDF)
        assert caught.value.code is ErrorCode.CORRUPT_FILE


async def test_a_large_outcome_arrives_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    text = "".join(f"{number:07} \u00fc\n" for number in range(200_000))
    path.write_text(text, encoding="utf-8")
    async with Sandbox(ExtractionSettings(), processes=1) as sandbox:
        document = await sandbox.extract(path, TEXT)
    assert "\n".join(page.text for page in document.pages) == text.rstrip("\n")


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        ("abort", ErrorCode.PARSER_CRASHED),
        ("segfault", ErrorCode.PARSER_CRASHED),
        ("leave", ErrorCode.PARSER_CRASHED),
        ("flood", ErrorCode.PARSER_CRASHED),
        ("hog", ErrorCode.PARSER_MEMORY),
        ("hog_and_crash", ErrorCode.PARSER_MEMORY),
        ("killed", ErrorCode.PARSER_MEMORY),
        ("surprise", ErrorCode.CORRUPT_FILE),
    ],
)
async def test_endings(behaviour: str, expected: ErrorCode, sandbox: Sandbox, path: Path) -> None:
    assert await code_of(sandbox, path, behaviour) is expected
    assert await read_pdf(sandbox, path.parent, "unharmed") == "unharmed"


async def test_wall_clock_and_processor_time(path: Path) -> None:
    async with sandbox_with(wall_seconds=1.0, cpu_seconds=1) as sandbox:
        await read_pdf(sandbox, path.parent, "warm")
        start = time.monotonic()
        assert await code_of(sandbox, path, "sleep") is ErrorCode.PARSER_TIMEOUT
        assert 1.0 <= time.monotonic() - start < 10
    async with sandbox_with(wall_seconds=60.0, cpu_seconds=1) as sandbox:
        assert await code_of(sandbox, path, "spin") is ErrorCode.PARSER_TIMEOUT


async def test_documents_are_read_side_by_side(sandbox: Sandbox, path: Path) -> None:
    await read_pdf(sandbox, path.parent, "warm")
    start = time.monotonic()
    texts = await asyncio.gather(*(text_of(sandbox, path, "nap") for _ in range(4)))
    assert texts == ["slept"] * 4
    assert time.monotonic() - start < 4 * 0.7


async def test_no_more_processes_than_allowed(path: Path) -> None:
    async with sandbox_with(processes=1) as sandbox:
        await read_pdf(sandbox, path.parent, "warm")
        start = time.monotonic()
        await asyncio.gather(*(text_of(sandbox, path, "nap") for _ in range(2)))
        assert time.monotonic() - start >= 2 * 0.7


async def test_cancelling_kills_the_process(sandbox: Sandbox, path: Path) -> None:
    await read_pdf(sandbox, path.parent, "warm")
    task = asyncio.create_task(text_of(sandbox, path, "sleep"))
    (process,) = await children(sandbox, 1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await children(sandbox, 0) == []
    assert not exists(f"/proc/{process}")
    assert await read_pdf(sandbox, path.parent, "next") == "next"


async def test_what_a_parser_can_see_and_do(tmp_path: Path) -> None:
    (tmp_path / "neighbour").write_text("another document")
    path = tmp_path / "input"
    path.write_text("content")
    os.environ["DOCUVAULT_TEST_SECRET"] = "hunter2"
    listener = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    try:
        async with Sandbox(SETTINGS, processes=1, command=misbehaving(str(port))) as sandbox:
            seen = json.loads(await text_of(sandbox, path, "surroundings"))
            confinement = sandbox.confinement
    finally:
        del os.environ["DOCUVAULT_TEST_SECRET"]
        listener.close()
        await listener.wait_closed()
    assert seen["input"] == "content"
    assert seen["environment"] == {"LANG": "C.UTF-8"}
    assert seen["capabilities"] == "PermissionError"
    if not confinement["network"]:
        assert seen["tcp"] != "done"
        assert seen["udp"] != "done"
    if confinement["landlock"] >= 1:
        for attempt in ("passwords", "neighbour", "write", "overwrite", "execute"):
            assert seen[attempt] == "PermissionError", attempt
        assert not exists(tmp_path / "made")
    else:
        assert seen["descriptors"] == 4
    if confinement["landlock"] >= 4:
        assert seen["tcp"] in ("PermissionError", "OSError")
    if confinement["landlock"] >= 6:
        assert seen["signal"] == "PermissionError"
    print(
        f"confined by: own network {not confinement['network']}, landlock {confinement['landlock']}"
    )


async def test_no_outcome_is_left_behind(sandbox: Sandbox, path: Path) -> None:
    await read_pdf(sandbox, path.parent, "warm")
    for behaviour in ("abort", "flood"):
        await code_of(sandbox, path, behaviour)
    task = asyncio.create_task(text_of(sandbox, path, "nap"))
    await children(sandbox, 1)
    task.cancel()
    await children(sandbox, 0)
    await asyncio.sleep(0.1)
    assert os.listdir(f"/proc/{sandbox.server_pid}/cwd") == []


async def test_the_server_has_one_thread_and_stays_small(sandbox: Sandbox, path: Path) -> None:
    await read_pdf(sandbox, path.parent, "warm")
    assert len(os.listdir(f"/proc/{sandbox.server_pid}/task")) == 1
    maps = libraries_of(sandbox)
    assert "pdfium" in maps
    assert "numpy" not in maps
    assert "onnxruntime" not in maps


def test_the_host_does_not_load_the_parsers() -> None:
    program = (
        "import sys, docuvault.extraction.sandbox, docuvault.extraction.sniff;"
        "print([m for m in ('pypdfium2', 'lxml', 'selectolax', 'markdown_it') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"


async def test_a_bomb_in_a_pdf(tmp_path: Path) -> None:
    path = tmp_path / "bomb.pdf"
    bomb = builders.flate_bomb(300 * MIB)
    assert len(bomb) < 20_000
    path.write_bytes(bomb)
    async with Sandbox(SETTINGS, processes=2) as sandbox:
        start = time.monotonic()
        results = await asyncio.gather(
            sandbox.extract(path, PDF),
            read_pdf(sandbox, tmp_path, "beside"),
            return_exceptions=True,
        )
        assert results[1] == "beside"
        assert isinstance(results[0], DocuVaultError)
        assert results[0].code is ErrorCode.PARSER_CRASHED
        assert time.monotonic() - start < 20
        assert await read_pdf(sandbox, tmp_path, "after") == "after"


async def test_a_file_that_is_not_there(sandbox: Sandbox, tmp_path: Path) -> None:
    with pytest.raises(DependencyUnavailable) as caught:
        await sandbox.extract(tmp_path / "missing.txt", TEXT)
    assert caught.value.code is ErrorCode.STORAGE_OBJECT_MISSING
