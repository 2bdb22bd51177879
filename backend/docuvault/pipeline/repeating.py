"""Work that a process does again and again until it ends."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from docuvault.domain.errors import DocuVaultError

log = structlog.get_logger(__name__)


async def repeat(work: Callable[[], Awaitable[object]], seconds: float) -> None:
    """Do this at the interval until cancelled; what goes wrong is logged and done later."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await work()
        except DocuVaultError as error:
            log.warning("maintenance.postponed", code=error.code.value)
        except Exception:
            log.exception("maintenance.failed")
