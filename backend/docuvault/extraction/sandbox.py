"""Reading untrusted files in disposable processes, several at the same time."""

import asyncio
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import structlog

from docuvault.config.settings import ExtractionSettings
from docuvault.domain.errors import DependencyUnavailable, ErrorCode, ProcessingFailed
from docuvault.extraction import outcome
from docuvault.extraction.base import ExtractedDocument, Limits
from docuvault.extraction.jail import Quota
from docuvault.extraction.outcome import NO_SPACE, UNREADABLE
from docuvault.extraction.parser_server import COMMAND, Ending, Overdue, ParserServer, ServerLost
from docuvault.extraction.workspace import Workspace

log = structlog.get_logger(__name__)

_TRIES = 2
# Of the memory allowed, what a process must have had in use for its death to count as lack of it.
_MEMORY_SHARE = 0.75
# Decoding more than this would hold up the event loop noticeably.
_SMALL_OUTCOME = 256 * 1024


class Sandbox:
    """Extraction behind a wall: a file can neither hurt nor delay the process that uses this.

    `processes`: documents read at the same time. `command` starts the parser server; tests put in
    one with misbehaving parsers. Use it in one event loop, between `open` and `close` or as an
    asynchronous context manager.
    """

    def __init__(
        self,
        settings: ExtractionSettings,
        *,
        processes: int,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self._wall_seconds = settings.wall_seconds
        self._limits = Limits(
            max_pages=settings.max_pages,
            max_characters=settings.max_characters,
            max_unpacked_bytes=settings.max_unpacked_bytes,
        )
        self._quota = Quota(
            memory_bytes=settings.memory_bytes,
            cpu_seconds=settings.cpu_seconds,
            result_bytes=outcome.most_bytes(self._limits),
        )
        self._command = command
        self._slots = asyncio.Semaphore(processes)
        self._starting = asyncio.Lock()
        self._workspace: Workspace | None = None
        self._server: ParserServer | None = None
        self._announced: ParserServer | None = None
        self._open = False

    async def __aenter__(self) -> Self:
        try:
            await self.open()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def confinement(self) -> Mapping[str, Any]:
        """What holds the parsers: `network` (still reachable), `landlock` (version, 0 is none)."""
        return self._server.confinement if self._server is not None else {}

    @property
    def server_pid(self) -> int | None:
        """Process id of the parser server; None before `open` and after `close`."""
        return self._server.pid if self._server is not None else None

    @property
    def folder(self) -> Path:
        """Where files to be read may lie: removed at the end, also when this process is killed."""
        if self._workspace is None:
            raise DependencyUnavailable(ErrorCode.SERVICE_UNAVAILABLE)
        return self._workspace.folder

    async def open(self) -> None:
        """Start the parser server; the first document waits until it is ready."""
        self._open = True
        if self._workspace is None:
            try:
                self._workspace = await asyncio.to_thread(Workspace)
            except OSError as error:
                raise DependencyUnavailable(ErrorCode.SERVICE_UNAVAILABLE) from error
        if self._server is None:
            self._server = self._start()

    async def close(self) -> None:
        """Kill whatever still runs; calls in progress fail with `service_unavailable`."""
        self._open = False
        if self._server is not None:
            # Before the lock, which is held by whoever waits for the server to get ready.
            await self._server.stop()
        async with self._starting:
            if self._server is not None:
                await self._server.stop()
                self._server = None
        if self._workspace is not None:
            await asyncio.to_thread(self._workspace.close)
            self._workspace = None

    async def extract(self, path: Path, media_type: str) -> ExtractedDocument:
        """Read one file.

        Raises `ProcessingFailed` with the codes of `Extractor` and with `unsupported_type`,
        `parser_timeout`, `parser_memory` or `parser_crashed`; `DependencyUnavailable` when no
        parser could be started or the file is not there.
        """
        absolute = _absolute(path)
        async with self._slots:
            for _ in range(_TRIES):
                server = await self._running()
                try:
                    ending = await server.read(absolute, media_type, self._wall_seconds)
                except ServerLost:
                    continue
                except Overdue as error:
                    raise ProcessingFailed(ErrorCode.PARSER_TIMEOUT) from error
                return await self._document(ending)
        if not self._open:
            raise DependencyUnavailable(ErrorCode.SERVICE_UNAVAILABLE)
        raise ProcessingFailed(ErrorCode.PARSER_CRASHED)

    async def _running(self) -> ParserServer:
        async with self._starting:
            if not self._open:
                raise DependencyUnavailable(ErrorCode.SERVICE_UNAVAILABLE)
            if self._server is None or self._server.lost:
                if self._server is not None:
                    await self._server.stop()
                    self._server = None
                self._server = self._start()
            try:
                await self._server.ready()
            except ServerLost as error:
                raise DependencyUnavailable(ErrorCode.SERVICE_UNAVAILABLE) from error
            if self._announced is not self._server:
                self._announced = self._server
                # How well parsers are confined depends on kernel and container.
                log.info("sandbox.started", **self._server.confinement)
            return self._server

    def _start(self) -> ParserServer:
        try:
            return ParserServer(self._limits, self._quota, self._command, self.folder)
        except OSError as error:
            raise DependencyUnavailable(ErrorCode.SERVICE_UNAVAILABLE) from error

    async def _document(self, ending: Ending) -> ExtractedDocument:
        if ending.status == 0 and ending.outcome is not None:
            if len(ending.outcome) <= _SMALL_OUTCOME:
                return outcome.decode(ending.outcome, self._limits)
            return await asyncio.to_thread(outcome.decode, ending.outcome, self._limits)
        if ending.status == UNREADABLE:
            raise DependencyUnavailable(ErrorCode.STORAGE_OBJECT_MISSING)
        if ending.status == NO_SPACE:
            raise DependencyUnavailable(ErrorCode.SERVICE_UNAVAILABLE)
        raise ProcessingFailed(self._cause(ending))

    def _cause(self, ending: Ending) -> ErrorCode:
        """Why a process died without an outcome."""
        killer = -ending.status
        if killer == signal.SIGXCPU or (
            killer == signal.SIGKILL and ending.cpu >= self._quota.cpu_seconds
        ):
            return ErrorCode.PARSER_TIMEOUT
        if killer == signal.SIGKILL:
            # Nobody else kills these processes but the kernel that runs out of memory.
            return ErrorCode.PARSER_MEMORY
        starved = ending.memory >= self._quota.memory_bytes * _MEMORY_SHARE
        if killer > 0 and killer != signal.SIGABRT and starved:
            return ErrorCode.PARSER_MEMORY
        return ErrorCode.PARSER_CRASHED


def _absolute(path: Path) -> Path:
    """The path as the parser server understands it, which runs in a folder of its own."""
    return path.absolute()
