"""The stand-in: works on documents straight from the rows while the broker is away."""

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from docuvault.bootstrap.processing import run_standin
from docuvault.config.settings import Settings

log = structlog.get_logger(__name__)


async def stand_in(settings: Settings, beside: int | None) -> None:
    """Work until SIGTERM, or until the process `beside` is gone; claims are given back then."""
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for stop in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(stop, over.set)
    with _told_of_the_end_of(beside, over.set):
        async with run_standin(settings):
            log.info("standin.works")
            await over.wait()
    log.info("standin.ended")


@contextmanager
def _told_of_the_end_of(pid: int | None, tell: Callable[[], None]) -> Iterator[None]:
    """Call `tell` as soon as the parent process ends; at once where it has ended already."""
    if pid is None:
        yield
        return
    loop = asyncio.get_running_loop()
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        tell()
        yield
        return

    def ended() -> None:
        loop.remove_reader(handle)
        tell()

    loop.add_reader(handle, ended)
    # The number may belong to somebody else already.
    if os.getppid() != pid:
        tell()
    try:
        yield
    finally:
        loop.remove_reader(handle)
        os.close(handle)
