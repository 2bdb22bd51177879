"""Whether there is room on the disk of the data folder."""

import asyncio
import os
from pathlib import Path

from docuvault.health.base import WORKS, BaseHealthCheck, Finding, degraded, unhealthy
from docuvault.health.wording import size


class DiskHealthCheck(BaseHealthCheck):
    """Below `reserve_bytes` uploads are refused; below `warning_bytes` somebody should know."""

    def __init__(
        self, folder: Path, *, reserve_bytes: int, warning_bytes: int, timeout_seconds: float
    ) -> None:
        super().__init__(
            "disk",
            suffers="New files are refused until there is more room.",
            works="What is stored can be read, found and deleted.",
            timeout_seconds=timeout_seconds,
        )
        self._folder = folder
        self._reserve = reserve_bytes
        self._warning = warning_bytes

    async def _perform_check(self) -> Finding:
        disk = await asyncio.to_thread(os.statvfs, self._folder)
        free = disk.f_bavail * disk.f_frsize
        if free < self._reserve:
            return unhealthy(f"Only {size(free)} are free on the disk of the data folder.")
        if free < self._warning:
            return degraded(
                f"Only {size(free)} are free on the disk of the data folder;"
                f" below {size(self._reserve)} new files are refused."
            )
        return WORKS
