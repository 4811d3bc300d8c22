"""What a Service does for its clients: one address, and behind it whoever answers."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from infra.ports import LOOPBACK


class Balancer:
    """Passes connections on to ``ports`` in turn; who does not answer is passed over."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = itertools.cycle(ports)
        self._tries = len(ports)
        self._writers: set[asyncio.StreamWriter] = set()
        self._carrying: set[asyncio.Task[None]] = set()
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Begin to carry one connection."""
        task = asyncio.create_task(self._carry(reader, writer))
        self._carrying.add(task)
        task.add_done_callback(self._carrying.discard)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(self._tries):
            try:
                onward, away = await asyncio.open_connection(LOOPBACK, next(self._ports))
            except OSError:
                continue
            both = {writer, away}
            self._writers |= both
            await asyncio.gather(_copy(reader, away), _copy(onward, writer))
            self._writers -= both
            return
        writer.transport.abort()

    async def cut(self) -> None:
        """End every connection."""
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.gather(*self._carrying, return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while part := await reader.read(2**16):
            writer.write(part)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def service(ports: Sequence[int]) -> AsyncIterator[Balancer]:
    """One address for ``ports`` while the context lasts."""
    balancer = Balancer(ports)
    server = await asyncio.start_server(balancer.serve, LOOPBACK, 0)
    balancer.port = server.sockets[0].getsockname()[1]
    try:
        yield balancer
    finally:
        server.close()
        await balancer.cut()
