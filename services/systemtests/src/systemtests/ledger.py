"""What was sent and what was seen, and whether the one became the other."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx2

from realtime.broker import Broker
from realtime.contracts import Record, encode_pack
from realtime.errors import BrokerError
from realtime.position import parse_position
from realtime.subjects import sensor_subject
from realtime.testing import wait_until
from systemtests.checker import judge_client
from systemtests.listener import Event, Listener, listening
from systemtests.verdict import Acknowledged, Fact, Key, Saw, Sent, Told, Verdict


class Publisher:
    """Publishes numbered readings and keeps the offset of each that was acknowledged.

    A reading that isn't acknowledged is tried again with the same id, in order, as a device does.
    """

    def __init__(self, broker: Broker, *, name: str = "bench/counter") -> None:
        self._broker = broker
        self.name = name
        self.acknowledged: dict[int, int] = {}
        self.count = 0

    async def publish(self, count: int = 1) -> None:
        """Publish ``count`` more, each until it is acknowledged."""
        for _ in range(count):
            self.count += 1
            number = self.count
            pack = encode_pack([Record(n=self.name, v=float(number), t=time.time())])
            while True:
                try:
                    stored = await self._broker.publish(
                        sensor_subject(self.name), pack, message_id=f"{self.name}:{number}"
                    )
                except BrokerError:
                    await asyncio.sleep(0.05)
                    continue
                self.acknowledged[stored.offset] = number
                break

    @asynccontextmanager
    async def steadily(self, *, every: float = 0.005) -> AsyncIterator[None]:
        """Publish without a pause while the context lasts."""

        async def run() -> None:
            while True:
                await self.publish()
                await asyncio.sleep(every)

        task = asyncio.create_task(run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@dataclass
class Client:
    """A client that comes back by itself, as a browser does, and keeps every event it saw."""

    url: str
    events: list[Event] = field(default_factory=list)
    values: list[int] = field(default_factory=list)
    """The numbers of all readings, in the order of arrival."""
    connections: int = 0
    last_id: str | None = None
    current: Listener | None = None

    def names(self) -> list[str]:
        """The events' names in order."""
        return [event.name for event in self.events]

    def break_off(self) -> None:
        """Play a network that breaks: the connection is gone, without a word."""
        assert self.current is not None
        self.current.ended = True
        self.current = None

    async def run(self) -> None:
        """Listen, and come back with the last id whenever the stream ends."""
        while True:
            self.connections += 1
            try:
                async with listening(self.url, last_event_id=self.last_id) as listener:
                    self.current = listener
                    await self._follow(listener)
            except httpx2.HTTPError:
                pass
            self.current = None
            await asyncio.sleep(0.1)

    async def _follow(self, listener: Listener) -> None:
        taken = 0
        while True:
            for event in listener.events[taken:]:
                taken += 1
                self.events.append(event)
                if event.name == "readings":
                    self.values += [int(record["v"]) for record in event.data]
                if event.id:
                    self.last_id = event.id
            if (listener.ended or listener.error) and taken == len(listener.events):
                return
            await asyncio.sleep(0.005)


@asynccontextmanager
async def client_of(url: str) -> AsyncIterator[Client]:
    """A client that listens, and comes back, while the context lasts."""
    client = Client(url)
    task = asyncio.create_task(client.run())
    try:
        yield client
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def settle(publisher: Publisher, client: Client) -> None:
    """Wait until the client has seen the last reading that was acknowledged."""
    last = max(publisher.acknowledged.values())
    await wait_until(lambda: client.values and client.values[-1] >= last, what="the last reading")


def judge(publisher: Publisher, client: Client) -> Verdict:
    """Compare what was acknowledged from the client's first position on with what it saw."""
    sent = Sent(
        tried={publisher.name: publisher.count},
        acknowledged={
            Key(publisher.name, number): Acknowledged(offset=offset, at=0.0)
            for offset, number in publisher.acknowledged.items()
        },
    )
    return judge_client(sent, _facts(client.events))


def _facts(events: Iterable[Event]) -> Iterator[Fact]:
    """An event's times are not known, so nothing is said of staleness."""
    for number, event in enumerate(events):
        if event.name == "gap":
            yield Told(at=0.0, reason=event.data["reason"])
        elif event.name in ("snapshot", "readings", "heartbeat") or number == 0:
            records = event.data if event.name == "readings" else ()
            keys = tuple(Key(record["n"], int(record["v"])) for record in records)
            yield Saw(keys=keys, position=parse_position(event.id), at=0.0)
