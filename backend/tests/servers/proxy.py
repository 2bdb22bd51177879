"""A TCP proxy between the product and one of its servers that misbehaves as a test tells it to."""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

_BLOCK = 64 * 1024


@dataclass
class Fault:
    """What is wrong with the line; by default nothing. Bytes are counted per connection."""

    delay: float = 0
    """Seconds that every piece takes longer, in both directions."""
    bytes_per_second: float = 0
    """How fast bytes go up to the server; 0 for as fast as they come."""
    blackhole: bool = False
    """Connections are taken, and nothing is passed on in either direction."""
    drop_replies: bool = False
    """What is asked arrives; what is answered does not."""
    reset_after: int | None = None
    """So many bytes of answers pass, then the connection is reset."""
    truncate_after: int | None = None
    """So many bytes of answers pass, then the connection ends as if nothing more were to come."""
    flip: tuple[bytes, bytes] | None = None
    """The first of these arrives at the server as the second, which is as long."""
    down_at: bytes | None = None
    """What holds this does not arrive any more: all connections are reset, nobody listens."""
    lose_commit_after: bytes | None = None
    """Behind what holds this, a COMMIT is carried out and its answer is lost with the line."""


class Proxy:
    """Listens on `port` and passes on to the port `target`, but for the `fault`.

    `happened` is set by a flip, and by what goes down or is lost at a certain moment.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self.fault = Fault()
        self.happened = threading.Event()
        self.connections: set[_Connection] = set()
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None

    def heal(self) -> None:
        """Nothing is wrong any more; connections that hung are ended."""
        self._call(self._heal())

    def down(self) -> None:
        """Nobody listens, and all connections are reset."""
        self._call(self.go_down())

    def cut(self) -> None:
        """Reset all connections; new ones work."""
        self._call(self._cut())

    def run(self) -> None:
        """Serve until `stop`; for a thread."""
        self._loop.run_forever()
        self._loop.close()

    def stop(self) -> None:
        """End everything."""
        self._call(self.go_down())
        self._call(self._ended())
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def go_down(self) -> None:
        """As `down`, from inside."""
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._cut()

    def _call(self, what: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result(10)

    async def _heal(self) -> None:
        hung = self.fault.blackhole or self.fault.drop_replies
        self.fault = Fault()
        self.happened.clear()
        if hung:
            await self._cut()
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def _cut(self) -> None:
        for connection in [*self.connections]:
            connection.reset()

    async def _ended(self) -> None:
        while self.connections:
            await asyncio.sleep(0.01)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = _Connection(self, writer)
        self.connections.add(connection)
        try:
            await connection.run(reader)
        except (OSError, ExceptionGroup):
            connection.reset()
        finally:
            await connection.close()
            self.connections.discard(connection)


class _Connection:
    """One client and the connection to the server that was made for it."""

    def __init__(self, proxy: Proxy, client: asyncio.StreamWriter) -> None:
        self._proxy = proxy
        self._client = client
        self._server: asyncio.StreamWriter | None = None
        self._commit_comes = False
        self._commit_sent = False

    async def run(self, reader: asyncio.StreamReader) -> None:
        answers, self._server = await asyncio.open_connection("127.0.0.1", self._proxy.target)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._ask(reader, self._server))
            group.create_task(self._answer(answers))

    def reset(self) -> None:
        """Close both ends with RST rather than FIN, and without sending what waits."""
        for end in (self._client, self._server):
            if end is not None:
                end.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )
                end.transport.abort()

    async def close(self) -> None:
        for end in (self._client, self._server):
            if end is not None:
                end.close()
                with contextlib.suppress(OSError):
                    await end.wait_closed()

    async def _ask(self, reader: asyncio.StreamReader, server: asyncio.StreamWriter) -> None:
        while data := await reader.read(_BLOCK):
            fault = self._proxy.fault
            slow = len(data) / fault.bytes_per_second if fault.bytes_per_second else 0
            await asyncio.sleep(fault.delay + slow)
            if self._proxy.fault.blackhole:
                continue
            if fault.down_at is not None and fault.down_at in data:
                self._proxy.happened.set()
                await self._proxy.go_down()
                return
            if fault.flip is not None and fault.flip[0] in data:
                data = data.replace(*fault.flip)
                self._proxy.happened.set()
            if fault.lose_commit_after is not None:
                self._commit_sent = self._commit_comes and b"COMMIT" in data
                self._commit_comes = self._commit_comes or fault.lose_commit_after in data
            server.write(data)
            await server.drain()
        with contextlib.suppress(OSError):
            server.write_eof()

    async def _answer(self, answers: asyncio.StreamReader) -> None:
        passed = 0
        while data := await answers.read(_BLOCK):
            fault = self._proxy.fault
            if self._commit_sent:
                self._proxy.fault = Fault()
                self._proxy.happened.set()
                self.reset()
                return
            await asyncio.sleep(fault.delay)
            if self._proxy.fault.blackhole or self._proxy.fault.drop_replies:
                continue
            limit = fault.reset_after if fault.truncate_after is None else fault.truncate_after
            self._client.write(data if limit is None else data[: max(0, limit - passed)])
            await self._client.drain()
            passed += len(data)
            if limit is not None and passed > limit:
                if fault.truncate_after is None:
                    self.reset()
                else:
                    self._client.close()
                return
        with contextlib.suppress(OSError):
            self._client.write_eof()


@contextmanager
def proxy_to(port: int) -> Iterator[Proxy]:
    """A proxy in a thread of this process."""
    proxy = Proxy(port)
    thread = threading.Thread(target=proxy.run, name="proxy")
    thread.start()
    try:
        proxy.heal()
        yield proxy
    finally:
        proxy.stop()
        thread.join()
