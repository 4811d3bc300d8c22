"""Readings in bursts, as devices that measure at the same moment send them."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bench import wires

Published = list[tuple[str, float]]
"""Sensor and time of each reading, in the order of publishing."""


class Publication:
    """Publishes ``sensors`` readings every ``1 / hertz`` seconds, due at times fixed beforehand."""

    def __init__(self, *, sensors: int, hertz: float) -> None:
        self.published: Published = []
        self.late_seconds = 0.0
        self._sensors = sensors
        self._every = 1 / hertz

    async def run(self, port: int) -> None:
        """Publish until cancelled."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(wires.NATS_PREAMBLE)
        await reader.readuntil(wires.NATS_ANSWER.encode())
        drained = asyncio.create_task(_drain(reader, writer))
        loop = asyncio.get_running_loop()
        due = loop.time()
        try:
            while True:
                writer.write(b"".join(self._burst(time.time() - (loop.time() - due))))
                due += self._every
                await asyncio.sleep(max(0.0, due - loop.time()))
                self.late_seconds = max(self.late_seconds, loop.time() - due)
        finally:
            drained.cancel()
            writer.close()

    def _burst(self, now: float) -> list[bytes]:
        """One message to a sensor; a microsecond apart, so that each is told from the others."""
        messages = []
        for number in range(self._sensors):
            name, at = f"compare-{number}/temperature", round(now + number * 1e-6, 6)
            self.published.append((name, at))
            record = {"n": name, "u": "Cel", "v": round(21 + number / 7, 2), "t": at}
            payload = json.dumps([record], separators=(",", ":"))
            messages.append(wires.nats_publish(f"sensors.{name.replace('/', '.')}", payload))
        return messages


async def _drain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer the broker's pings."""
    while line := await reader.readline():
        if line.startswith(b"PING"):
            writer.write(b"PONG\r\n")


@asynccontextmanager
async def publishing(port: int, *, sensors: int, hertz: float) -> AsyncIterator[Publication]:
    """Publish to the broker at ``port`` while the context lasts."""
    publication = Publication(sensors=sensors, hertz=hertz)
    task = asyncio.create_task(publication.run(port))
    try:
        yield publication
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
