"""The key-value port: JSON values by key, with a lifetime, for facts that may be lost."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from typing import TypeVar

from pydantic import JsonValue

from docuvault.key_value.entries import (
    check_amount,
    check_expire,
    check_key,
    check_prefix,
    decode,
    encode,
)

T = TypeVar("T")


class Storage(ABC):
    """Small facts: the database is the place for what must not be lost.

    Keys are texts of at most 512 bytes; by convention they begin with their owner's prefix, such as
    `session:`. Values are what JSON can say, at most 256 KiB, and come back equal. `expire` is a
    lifetime in seconds; without it a value stays.

    Every method raises `InvalidInput` for a key, value or lifetime that cannot be, and
    `DependencyUnavailable` while the store is away, hangs or is full: an outage is never a miss.
    After an outage a write may or may not have been carried out, and a write that was cut off from
    its answer may be repeated once: then a counter counts twice, and who did win
    `add_if_absent` or `compare_and_set` is told that he did not.
    """

    async def get(self, key: str, default: T | None = None) -> JsonValue | T:
        """The value, or `default` when there is none; raises `CorruptValue`."""
        encoded = await self._read(check_key(key))
        return default if encoded is None else decode(encoded)

    async def set(self, key: str, value: JsonValue, *, expire: float | None = None) -> None:
        """Keep the value in place of any other, for `expire` seconds from now."""
        await self._write(check_key(key), encode(value), check_expire(expire))

    async def delete(self, *keys: str) -> int:
        """Forget these keys; says how many there were."""
        checked = [check_key(key) for key in keys]
        return await self._remove(checked) if checked else 0

    async def increment(self, key: str, amount: int = 1, *, expire: float | None = None) -> int:
        """Add to a counter, which begins at zero, and say what it is now.

        The lifetime runs from the call that makes the counter; later calls leave it as it is.
        Raises `InvalidInput` when the value is no integer or would leave 64 bits.
        """
        return await self._count(check_key(key), check_amount(amount), check_expire(expire))

    async def add_if_absent(
        self, key: str, value: JsonValue, *, expire: float | None = None
    ) -> bool:
        """Keep the value unless there is one; of many callers exactly one is told True."""
        return await self._write_if_absent(check_key(key), encode(value), check_expire(expire))

    async def compare_and_set(
        self, key: str, expected: JsonValue, value: JsonValue, *, expire: float | None = None
    ) -> bool:
        """Put `value` in place of `expected`, if that is what is there; False otherwise.

        Compared is the JSON: the order of an object's keys is nothing, but 1, 1.0 and true differ.
        The lifetime is that of the new value, as in `set`.
        """
        return await self._replace(
            check_key(key), encode(expected), encode(value), check_expire(expire)
        )

    def scan(self, prefix: str) -> AsyncIterator[str]:
        """All keys that begin so, in no order, each once.

        Keys that come or go meanwhile may be missing or listed.
        """
        return self._keys(check_prefix(prefix))

    @abstractmethod
    async def close(self) -> None:
        """Give back what the driver itself holds; a client that was handed in stays open."""

    @abstractmethod
    async def _read(self, key: str) -> bytes | None:
        """What is written under the key."""

    @abstractmethod
    async def _write(self, key: str, encoded: bytes, expire: float | None) -> None:
        """Write, whatever is there."""

    @abstractmethod
    async def _write_if_absent(self, key: str, encoded: bytes, expire: float | None) -> bool:
        """Write if nothing is there, in one step."""

    @abstractmethod
    async def _replace(
        self, key: str, expected: bytes, encoded: bytes, expire: float | None
    ) -> bool:
        """Write if these bytes are there, in one step."""

    @abstractmethod
    async def _count(self, key: str, amount: int, expire: float | None) -> int:
        """Add to the integer that is there, in one step."""

    @abstractmethod
    async def _remove(self, keys: list[str]) -> int:
        """Remove one key or more."""

    @abstractmethod
    def _keys(self, prefix: str) -> AsyncIterator[str]:
        """Keys that begin so."""
