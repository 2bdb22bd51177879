"""Key-value storage in Redis, seen by all processes of the vault."""

import asyncio
import math
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from docuvault.clients.redis import RedisClient, is_dead_connection
from docuvault.domain.errors import CorruptValue, DependencyUnavailable, DocuVaultError, ErrorCode
from docuvault.key_value.base import Storage
from docuvault.key_value.entries import not_a_counter, out_of_range

log = structlog.get_logger(__name__)

# Without a colon, so that no key of one namespace is a key of another.
_NAMESPACE = re.compile(r"[a-z0-9_-]{1,32}")
# Keys that one call of SCAN looks at.
_SCAN_COUNT = 500

# Compares and writes in one step. ARGV: expected, new, lifetime in milliseconds or 0 for none.
_REPLACE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
if ARGV[3] == '0' then
  redis.call('SET', KEYS[1], ARGV[2])
else
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
end
return 1
"""


class RedisStorage(Storage):
    """Values as JSON strings under `namespace:key`.

    The client belongs to whoever made it and must not decode responses. `timeout` bounds, in
    seconds, one round trip with all that it takes: a free connection, connecting, the answer.
    With the `service` that the client is from, an outage costs one caller that time: while its
    circuit is open, the others fail at once.
    """

    def __init__(
        self,
        client: Redis,
        *,
        timeout: float,
        service: RedisClient | None = None,
        namespace: str = "docuvault",
    ) -> None:
        self._client = client
        self._timeout = timeout
        self._service = service
        if not _NAMESPACE.fullmatch(namespace):
            raise ValueError("A namespace has 1 to 32 lower-case letters, digits, _ and -.")
        self._namespace = namespace + ":"
        self._replace_script = client.register_script(_REPLACE)

    async def close(self) -> None:
        """Nothing to give back: the client is shared."""

    async def _read(self, key: str) -> bytes | None:
        async with self._asking():
            encoded = await self._client.get(self._namespace + key)
        return cast("bytes | None", encoded)

    async def _write(self, key: str, encoded: bytes, expire: float | None) -> None:
        async with self._asking():
            await self._client.set(self._namespace + key, encoded, px=_milliseconds(expire))

    async def _write_if_absent(self, key: str, encoded: bytes, expire: float | None) -> bool:
        async with self._asking():
            return bool(
                await self._client.set(
                    self._namespace + key, encoded, nx=True, px=_milliseconds(expire)
                )
            )

    async def _replace(
        self, key: str, expected: bytes, encoded: bytes, expire: float | None
    ) -> bool:
        async with self._asking():
            return bool(
                await self._replace_script(
                    keys=[self._namespace + key],
                    args=[expected, encoded, _milliseconds(expire) or 0],
                )
            )

    async def _count(self, key: str, amount: int, expire: float | None) -> int:
        # A transaction, not a script: Lua's numbers lose digits above 2**53.
        async with self._asking(), self._client.pipeline(transaction=True) as transaction:
            transaction.set(self._namespace + key, 0, nx=True, px=_milliseconds(expire))
            transaction.incrby(self._namespace + key, amount)
            _, count = await transaction.execute()
        return int(count)

    async def _remove(self, keys: list[str]) -> int:
        async with self._asking():
            return int(await self._client.unlink(*(self._namespace + key for key in keys)))

    async def _keys(self, prefix: str) -> AsyncIterator[str]:
        pattern = re.sub(r"([\\*?\[\]])", r"\\\1", self._namespace + prefix) + "*"
        # SCAN may list a key more than once.
        seen: set[bytes] = set()
        cursor = 0
        while True:
            async with self._asking():
                cursor, found = await self._client.scan(cursor, match=pattern, count=_SCAN_COUNT)
            for name in cast("list[bytes]", found):
                if name not in seen:
                    seen.add(name)
                    # What is not UTF-8 was not written here.
                    key = name.decode(errors="replace").removeprefix(self._namespace)
                    if "\ufffd" not in key:
                        yield key
            if cursor == 0:
                return

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[None]:
        if self._service is not None and self._service.is_open:
            raise self._service.unavailable()
        try:
            async with asyncio.timeout(self._timeout):
                yield
        except ResponseError as error:
            # Not `from error`: the text of a failed transaction names the key.
            raise _meaning(error) from None
        except (RedisError, OSError, RuntimeError) as error:
            if isinstance(error, RuntimeError) and not is_dead_connection(error):
                raise
            if self._service is not None:
                self._service.failed(error)
            raise DependencyUnavailable(ErrorCode.REDIS_UNAVAILABLE) from error


def _meaning(error: ResponseError) -> DocuVaultError:
    text = str(error)
    if "WRONGTYPE" in text:
        return CorruptValue(ErrorCode.CORRUPT_ENTRY)
    if "not an integer" in text:
        return not_a_counter()
    if "would overflow" in text:
        return out_of_range()
    # Full, read-only, forbidden, unable to save: the commands are right, so the server is not.
    log.warning("key_value.refused", error=type(error).__name__)
    return DependencyUnavailable(ErrorCode.REDIS_UNAVAILABLE)


def _milliseconds(expire: float | None) -> int | None:
    return None if expire is None else math.ceil(expire * 1000)
