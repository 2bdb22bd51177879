"""One small fact that all processes share, and that each goes on with alone during an outage."""

from collections.abc import Callable
from dataclasses import dataclass

import structlog
from pydantic import JsonValue

from docuvault.domain.errors import CorruptValue, DependencyUnavailable
from docuvault.key_value.base import Storage

log = structlog.get_logger(__name__)

Entry = dict[str, JsonValue]
# None as long as nobody has written anything.
Known = Entry | None

# Of so many who write at once all get their turn.
_TRIES = 50


@dataclass(frozen=True, slots=True)
class Written:
    """What stood there before a change, and what stands there now."""

    before: Known
    after: Known

    @property
    def changed(self) -> bool:
        """Whether this caller changed anything."""
        return self.before != self.after


class SharedEntry:
    """A JSON object under one key, changed in one step, however many processes change it.

    Nothing here raises `DependencyUnavailable`: while the storage is away, the copy of this
    process is read and changed. What was changed goes into the storage when it is back, unless
    another process has written there meanwhile.
    """

    def __init__(self, storage: Storage, key: str, *, expire: float | None = None) -> None:
        self._storage = storage
        self._key = key
        self._expire = expire
        self._copy: Known = None
        # What the storage had when this process last agreed with it.
        self._agreed: Known = None
        self._is_ahead = False
        self._is_unreadable = False

    async def read(self) -> Known:
        """The entry as the storage has it, else as this process knows it; changes nothing."""
        try:
            self._meet(await self._find())
        except DependencyUnavailable as error:
            log.debug("fallback.storage_away", key=self._key, code=error.code.value)
        return self._copy

    async def change(self, change: Callable[[Known], Known]) -> Written:
        """Replace the entry by what `change` makes of it, or leave it where that is the same.

        `change` may be called several times.
        """
        try:
            for _ in range(_TRIES):
                before = await self._load()
                after = change(before)
                if after is None or before == after:
                    return Written(before, before)
                if await self._replace(before, after):
                    self._copy = self._agreed = after
                    return Written(before, after)
            log.warning("fallback.storage_contended", key=self._key)
        except DependencyUnavailable as error:
            log.debug("fallback.storage_away", key=self._key, code=error.code.value)
        before, self._copy = self._copy, change(self._copy)
        self._is_ahead = self._is_ahead or before != self._copy
        return Written(before, self._copy)

    async def _load(self) -> Known:
        """What a change begins with; whatever is in the way of one is removed first."""
        found = await self._find()
        if found is None and self._is_unreadable:
            await self._storage.delete(self._key)
        self._meet(found)
        if self._is_ahead and self._copy is not None and await self._replace(found, self._copy):
            self._agreed, self._is_ahead = self._copy, False
        return self._copy

    def _meet(self, found: Known) -> None:
        """Go by the storage; a copy that is ahead of it stays as long as nobody else has written.

        Otherwise a process that seldom writes would hold to an outage that is long over.
        """
        if self._is_ahead and found in (None, self._agreed):
            return
        self._copy = self._agreed = found
        self._is_ahead = False

    async def _find(self) -> Known:
        try:
            found = await self._storage.get(self._key)
        except CorruptValue:
            found = "unreadable"
        self._is_unreadable = found is not None and not isinstance(found, dict)
        if self._is_unreadable:
            log.warning("fallback.entry_unreadable", key=self._key)
        return found if isinstance(found, dict) else None

    async def _replace(self, before: Known, after: Entry) -> bool:
        if before is None:
            return await self._storage.add_if_absent(self._key, after, expire=self._expire)
        return await self._storage.compare_and_set(self._key, before, after, expire=self._expire)
