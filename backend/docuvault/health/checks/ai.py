"""Whether whoever proposes topics can be asked, and the local model is ready."""

import asyncio
from collections.abc import Awaitable, Callable

from docuvault.health.base import WORKS, BaseHealthCheck, Finding, degraded

# Providers count requests, and their state is no matter of seconds.
_FRESH_SECONDS = 30.0


class AIHealthCheck(BaseHealthCheck):
    """`is_prepared` looks for the local model, `ping` raises when the provider is not there."""

    def __init__(
        self,
        is_prepared: Callable[[], bool],
        ping: Callable[[], Awaitable[None]],
        *,
        timeout_seconds: float,
    ) -> None:
        super().__init__(
            "ai",
            suffers="It proposes no topics for new documents.",
            works="Documents are stored, read and found; what is missing is added later.",
            timeout_seconds=timeout_seconds,
            fresh_seconds=_FRESH_SECONDS,
        )
        self._is_prepared = is_prepared
        self._ping = ping

    async def _perform_check(self) -> Finding:
        await self._ping()
        if not await asyncio.to_thread(self._is_prepared):
            return degraded(
                "The local model is not prepared: the first search by meaning will take longer."
                " Run `docuvault model prepare`."
            )
        return WORKS
