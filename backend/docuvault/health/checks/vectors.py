"""Whether the vector index answers."""

from collections.abc import Awaitable, Callable

from docuvault.health.base import SILENT, WORKS, BaseHealthCheck, Finding


class VectorsHealthCheck(BaseHealthCheck):
    """`ask` says whether the index is there, or raises."""

    def __init__(self, ask: Callable[[], Awaitable[bool]], *, timeout_seconds: float) -> None:
        super().__init__(
            "vectors",
            suffers="Search by meaning rests.",
            works="Exact words are found, and uploads work; their meaning is indexed later.",
            timeout_seconds=timeout_seconds,
        )
        self._ask = ask

    async def _perform_check(self) -> Finding:
        return WORKS if await self._ask() else SILENT
