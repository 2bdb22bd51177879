"""Whether a further service answers over HTTP."""

import httpx2

from docuvault.health.base import WORKS, BaseHealthCheck, Finding, unhealthy

# Whatever else it is, it need not be asked more often.
_FRESH_SECONDS = 5.0


class DownstreamServiceCheck(BaseHealthCheck):
    """Any answer below 400 will do; redirects are not followed, and the body is not read."""

    def __init__(self, name: str, url: str, *, timeout_seconds: float) -> None:
        super().__init__(
            name,
            suffers="What leans on it does not work.",
            works="The vault itself goes on without it.",
            timeout_seconds=timeout_seconds,
            fresh_seconds=_FRESH_SECONDS,
        )
        self._url = url
        self._timeout_seconds = timeout_seconds

    async def _perform_check(self) -> Finding:
        async with (
            httpx2.AsyncClient(timeout=self._timeout_seconds, follow_redirects=False) as client,
            client.stream("GET", self._url) as response,
        ):
            if response.status_code >= 400:
                return unhealthy(f"Answers with the status {response.status_code}.")
        return WORKS
