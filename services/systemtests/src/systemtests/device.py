"""Devices of the tests' own: many sensors, at a pace that the test says."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from time import time
from typing import Final
from uuid import uuid4

from realtime.contracts import Record, encode_pack
from realtime.nats import NatsBroker, connect
from realtime.testing import wait_until
from systemtests.stack import Stack

_QUANTITIES: Final = 10

# Of a half second: a wall's devices don't all speak at once.
_PARTS: Final = 10


@asynccontextmanager
async def connected_device(stack: Stack) -> AsyncIterator[NatsBroker]:
    """A connection to the stack's broker that stands."""
    async with connect(stack.nats.url, name="a-device") as broker:
        await wait_until(lambda: broker.connected)
        yield broker


class Wall:
    """So many devices of ten sensors each, called ``wall-<n>/q<n>``."""

    def __init__(self, broker: NatsBroker, *, devices: int) -> None:
        self._broker = broker
        self._devices = devices
        self._turn = 0
        self._boot = uuid4().hex

    @property
    def sensors(self) -> int:
        """How many sensors there are."""
        return self._devices * _QUANTITIES

    async def publish_round(self, *, readings: int = 1) -> None:
        """So many readings of each sensor; all are stored when this returns."""
        self._turn += 1
        await self._publish_all(range(self._devices), readings)

    async def publish_until(self, stop: asyncio.Event) -> None:
        """Two readings a second of each sensor, evenly spread."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while not stop.is_set():
            self._turn += 1
            for part in range(_PARTS):
                await self._publish_all(range(part, self._devices, _PARTS), 1)
                due = max(due + 0.5 / _PARTS, loop.time())
                await asyncio.sleep(due - loop.time())

    async def _publish_all(self, devices: range, readings: int) -> None:
        await asyncio.gather(*(self._publish(one, readings) for one in devices))

    async def _publish(self, device: int, readings: int) -> None:
        records = [record for n in range(readings) for record in self._records(device, n)]
        await self._broker.publish(
            f"sensors.wall-{device}.pack",
            encode_pack(records),
            message_id=f"{self._boot}:{device}:{self._turn}",
        )

    def _records(self, device: int, reading: int) -> Sequence[Record]:
        now = time()
        value = self._turn * 7 + device + reading
        return [
            Record(n=f"wall-{device}/q{q}", u="Cel", v=20 + (value + q * 5) % 13, t=now)
            for q in range(_QUANTITIES)
        ]
