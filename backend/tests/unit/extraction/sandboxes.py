"""Sandboxes with misbehaving parsers, and ways to look at their processes."""

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from docuvault.config.settings import ExtractionSettings
from docuvault.domain.errors import DocuVaultError, ErrorCode
from docuvault.domain.media_types import PDF
from docuvault.extraction.sandbox import Sandbox
from tests.unit.extraction import builders, misbehaving_server

MIB = 1024 * 1024
SETTINGS = ExtractionSettings(memory_bytes=256 * MIB, cpu_seconds=20, max_characters=100_000)


def misbehaving(*arguments: str) -> Sequence[str]:
    """The command of a server with misbehaving parsers."""
    return (sys.executable, "-I", "-X", "utf8", misbehaving_server.__file__, *arguments)


def sandbox_with(processes: int = 4, **changes: object) -> Sandbox:
    """A sandbox of misbehaving parsers."""
    settings = SETTINGS.model_copy(update=changes)
    return Sandbox(settings, processes=processes, command=misbehaving())


async def code_of(sandbox: Sandbox, path: Path, behaviour: str) -> ErrorCode:
    """The code with which a behaviour ends."""
    with pytest.raises(DocuVaultError) as caught:
        await sandbox.extract(path, misbehaving_server.PREFIX + behaviour)
    return caught.value.code


async def text_of(sandbox: Sandbox, path: Path, behaviour: str) -> str:
    """The text that a behaviour comes back with."""
    document = await sandbox.extract(path, misbehaving_server.PREFIX + behaviour)
    return document.pages[0].text


async def read_pdf(sandbox: Sandbox, tmp_path: Path, text: str) -> str:
    """Reads a PDF with this text."""
    path = tmp_path / f"{text}.pdf"
    path.write_bytes(builders.pdf([text]))
    return (await sandbox.extract(path, PDF)).pages[0].text


def group_exists(group: int) -> bool:
    """Whether any process of the group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


async def gone(group: int, seconds: float = 10) -> bool:
    """Whether the group ends in time."""
    for _ in range(int(seconds / 0.02)):
        if not group_exists(group):
            return True
        await asyncio.sleep(0.02)
    return False


def folder_of(server: int) -> Path:
    """The working directory of a server."""
    return Path(os.readlink(f"/proc/{server}/cwd"))


def exists(path: Path | str) -> bool:
    """Whether there is anything at the path."""
    return Path(path).exists()


async def children(sandbox: Sandbox, count: int) -> list[int]:
    assert sandbox.server_pid is not None
    return await children_of(sandbox.server_pid, count)


async def children_of(server: int, count: int) -> list[int]:
    """The processes that the server has forked, once there are so many."""
    for _ in range(1000):
        listed = listed_children(server)
        if len(listed) == count:
            return listed
        await asyncio.sleep(0.02)
    raise AssertionError(f"the server never had {count} children")


def listed_children(server: int) -> list[int]:
    try:
        text = Path(f"/proc/{server}/task/{server}/children").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [int(pid) for pid in text.split()]


def libraries_of(sandbox: Sandbox) -> str:
    """What the server has mapped."""
    return Path(f"/proc/{sandbox.server_pid}/maps").read_text()
