"""Blocking work in a few threads, awaited so that a cancelled caller never runs ahead of it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from typing import Generic, ParamSpec, TypeVar

from docuvault.domain.errors import DependencyUnavailable, ErrorCode

P = ParamSpec("P")
T = TypeVar("T")


class Running(Generic[T]):
    """One piece of work that a thread has or will get."""

    def __init__(self, work: Future[T]) -> None:
        self._work = work
        self._done = asyncio.wrap_future(work)

    async def result(self) -> T:
        """What the work returns or raises; a cancelled caller waits for the thread first."""
        try:
            await asyncio.wait({self._done})
        except asyncio.CancelledError:
            await self.withdraw()
            raise
        return self._done.result()

    async def withdraw(self) -> None:
        """Take the work back if no thread has begun it, else wait for its end."""
        self._work.cancel()
        await self.settle()

    async def settle(self) -> None:
        """Wait for the end of the work, however often the waiting is cancelled."""
        while not self._done.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait({self._done})
        if not self._done.cancelled():
            self._done.exception()

    @property
    def succeeded(self) -> bool:
        """Whether the settled work was done to its end."""
        return not self._done.cancelled() and self._done.exception() is None

    @property
    def error(self) -> BaseException | None:
        """What the settled work raised."""
        return None if self._done.cancelled() else self._done.exception()


class Threads:
    """At most `count` pieces of blocking work at a time.

    `translate` turns what the work raises into an error of the catalogue, or returns it as it is.
    """

    def __init__(self, count: int, name: str, translate: Callable[[Exception], Exception]) -> None:
        self._executor = ThreadPoolExecutor(count, thread_name_prefix=name)
        self._translate = translate
        self._closed = False

    def start(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Running[T]:
        """Hand the work to a thread; raises `DependencyUnavailable` after `close`."""
        if self._closed:
            raise DependencyUnavailable(ErrorCode.STORAGE_UNAVAILABLE)

        def translated() -> T:
            try:
                return work(*args, **kwargs)
            except Exception as error:
                known = self._translate(error)
                if known is error:
                    raise
                raise known from error

        # With the caller's context, so that a thread logs under the caller's request.
        return Running(self._executor.submit(copy_context().run, translated))

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Hand the work to a thread and wait for what it returns or raises."""
        return await self.start(work, *args, **kwargs).result()

    async def close(self) -> None:
        """Take no more work, wait for what is running, end the threads."""
        self._closed = True
        await asyncio.to_thread(self._executor.shutdown)
