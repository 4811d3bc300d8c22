"""``python -m systemtests.chaos.publishing``: a device that numbers its readings.

Each is published under one id until it is acknowledged, one in flight for each sensor, as the
producer does. Between them lie malformed ones, and some are sent again although they are stored.
"""

import argparse
import asyncio
import random
import time
from dataclasses import dataclass

from realtime.broker import Broker
from realtime.contracts import Record, encode_pack
from realtime.errors import BrokerError
from realtime.nats import connect
from realtime.subjects import sensor_subject
from systemtests.chaos.notes import Malformed, Notebook, Stored, Tried
from systemtests.chaos.process import notebook_at, until_asked_to_end

AGAIN_SECONDS = 0.1
MALFORMED = (
    b"",
    b"[",
    b'[{"v":NaN}]',
    b'[{"v":1,"vs":"x"}]',
    b"\xff\xfe",
    b'[{"n":"other/x","v":1}]',
)


@dataclass
class Device:
    """One sensor, published every ``every`` seconds; one in ``odd`` is followed by abuse."""

    name: str
    broker: Broker
    notebook: Notebook
    chance: random.Random
    every: float
    odd: int
    boot: str
    """What sets its ids apart from those of an earlier run, which the broker remembers."""

    async def run(self, ending: asyncio.Event) -> None:
        """Publish until asked to end; what is in flight then is still seen through."""
        number = 0
        while not ending.is_set():
            number += 1
            await self._publish(number)
            if self.odd and self.chance.randrange(self.odd) == 0:
                await self._abuse(number)
            await asyncio.sleep(self.every)

    async def _publish(self, number: int) -> None:
        self.notebook.write(Tried(source=self.name, number=number))
        offset = await self._until_stored(self._pack(number), self._id(number))
        self.notebook.write(Stored(source=self.name, number=number, offset=offset))

    def _id(self, number: int) -> str:
        return f"{self.boot}:{self.name}:{number}"

    def _pack(self, number: int) -> bytes:
        return encode_pack([Record(n=self.name, v=float(number), t=time.time())])

    async def _abuse(self, number: int) -> None:
        """A malformed reading, and a stored one again."""
        payload = self.chance.choice(MALFORMED)
        offset = await self._until_stored(payload, self._id(number) + ":bad")
        self.notebook.write(Malformed(offset=offset))
        await self._once(self._pack(number), self._id(number))

    async def _until_stored(self, payload: bytes, message_id: str) -> int:
        while True:
            offset = await self._once(payload, message_id)
            if offset is not None:
                return offset
            await asyncio.sleep(AGAIN_SECONDS)

    async def _once(self, payload: bytes, message_id: str) -> int | None:
        try:
            stored = await self.broker.publish(
                sensor_subject(self.name), payload, message_id=message_id
            )
        except BrokerError:
            return None
        return stored.offset


async def run(arguments: argparse.Namespace) -> None:
    """Publish from several devices over one connection."""
    ending = until_asked_to_end()
    with notebook_at(arguments.notes) as notebook:
        async with connect(arguments.nats, name=f"device{arguments.first}") as broker:
            async with asyncio.TaskGroup() as group:
                for number in range(arguments.first, arguments.first + arguments.devices):
                    name = f"bench-{number}/count"
                    device = Device(
                        name=name,
                        broker=broker,
                        notebook=notebook,
                        chance=random.Random(name),  # noqa: S311 - replayable
                        every=arguments.every,
                        odd=arguments.odd,
                        boot=arguments.boot,
                    )
                    group.create_task(device.run(ending))


def main() -> None:
    """Publish until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m systemtests.chaos.publishing")
    parser.add_argument("--nats", required=True)
    parser.add_argument("--notes", required=True)
    parser.add_argument("--boot", default="boot")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--devices", type=int, default=2)
    parser.add_argument("--every", type=float, default=0.05)
    parser.add_argument("--odd", type=int, default=50)
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
