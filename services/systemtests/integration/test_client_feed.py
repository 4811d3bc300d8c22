"""The feed's client over a real feed: what was acknowledged against what it gave."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from realtime.broker import Broker
from realtime.client import Feed, FeedEvent, Gap, Readings, Snapshot, State, Timing
from realtime.subjects import SENSORS
from realtime.testing import MemoryBroker, wait_until
from systemtests.cutting import cuttable
from systemtests.inprocess import running_feed
from systemtests.ledger import Publisher


async def rest(seconds: float) -> None:
    """Rest for less than the seconds that the feed's `retry:` asks for."""
    await asyncio.sleep(min(seconds, 0.02))


QUICK = Timing(sleep=rest)


class Reader:
    """Reads a feed in the background and keeps what it was given."""

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.events: list[FeedEvent] = []
        self.values: list[int] = []

    async def run(self) -> None:
        async for event in self.feed:
            self.events.append(event)
            if isinstance(event, Readings):
                self.values += [int(record.v or 0) for record in event.records]

    @property
    def begun(self) -> bool:
        return any(isinstance(event, Snapshot) for event in self.events)

    def check(self, publisher: Publisher) -> None:
        """Nothing lost, nothing twice, nothing out of order."""
        # One that was on its way when publishing ended may be there without an acknowledgement.
        assert self.values == list(range(1, len(self.values) + 1))
        assert set(publisher.acknowledged.values()) <= set(self.values)
        assert not any(isinstance(event, Gap) for event in self.events)


@asynccontextmanager
async def reading(feed: Feed) -> AsyncIterator[Reader]:
    async with feed:
        reader = Reader(feed)
        task = asyncio.create_task(reader.run())
        await wait_until(lambda: reader.begun, what="the first snapshot")
        try:
            yield reader
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def settle(reader: Reader, publisher: Publisher) -> None:
    last = max(publisher.acknowledged.values())
    await wait_until(lambda: reader.values[-1:] >= [last], what="the last reading")


async def publisher_of(broker: Broker) -> Publisher:
    await broker.ensure_stream(SENSORS)
    return Publisher(broker)


async def test_cut_again_and_again_it_gives_each_reading_once() -> None:
    broker = MemoryBroker()
    publisher = await publisher_of(broker)
    async with running_feed(broker) as running:
        async with (
            cuttable(running.url) as relay,
            reading(Feed(relay.url, timing=QUICK)) as reader,
        ):
            async with publisher.steadily(every=0.001):
                for cut in range(1, 11):
                    before = len(reader.values)
                    await wait_until(lambda before=before: len(reader.values) > before + 10)
                    relay.cut()
                    await wait_until(lambda cut=cut: reader.feed.connections > cut)
            await settle(reader, publisher)
    reader.check(publisher)


async def test_replicas_take_turns_by_drain_and_by_death_and_nothing_is_lost() -> None:
    """Each replica has a broker's view of its own; the client goes from one to the next."""
    broker = MemoryBroker()
    publisher = await publisher_of(broker)
    states: list[State] = []
    async with running_feed(broker) as first:
        feed = Feed(first.url, on_state=states.append, timing=QUICK)
        async with reading(feed) as reader, publisher.steadily(every=0.001):
            for turn in range(1, 5):
                async with running_feed(broker, drain_window=0.05) as other:
                    feed.url = other.url
                    if turn == 1:
                        first.feed.fanout.departures.hurry()
                        first.server.stop()
                    await wait_until(lambda turn=turn: feed.connections > turn)
                    before = len(reader.values)
                    await wait_until(lambda before=before: len(reader.values) > before + 50)
                # The replica has drained; for a moment there is none.
            async with running_feed(broker) as last:
                feed.url = last.url
                before = len(reader.values)
                await wait_until(lambda before=before: len(reader.values) > before + 50)
                await settle(reader, publisher)
    assert reader.values == list(range(1, len(reader.values) + 1))
    assert not any(isinstance(event, Gap) for event in reader.events)
    assert State.RESUMING in states
    assert feed.farewells >= 4


async def test_a_loss_is_a_gap_and_what_follows_is_whole() -> None:
    broker = MemoryBroker()
    publisher = await publisher_of(broker)
    gaps: list[Gap] = []
    async with running_feed(broker) as running:
        async with reading(Feed(running.url, on_gap=gaps.append, timing=QUICK)) as reader:
            await publisher.publish(5)
            await wait_until(lambda: len(reader.values) == 5)
            broker.delete_stream(SENSORS.name)
            await broker.ensure_stream(SENSORS)
            broker.go_down()
            broker.come_up()
            await wait_until(lambda: gaps)
            await publisher.publish(5)
            await wait_until(lambda: reader.values[-1:] == [10])
    assert [gap.reason for gap in gaps] == ["epoch"]
    assert reader.values == list(range(1, 11))
    kinds = [type(event) for event in reader.events]
    assert (Gap, Snapshot) in itertools.pairwise(kinds)


async def test_a_later_run_goes_on_where_an_earlier_one_was() -> None:
    broker = MemoryBroker()
    publisher = await publisher_of(broker)
    async with running_feed(broker) as running:
        async with reading(Feed(running.url)) as reader:
            await publisher.publish(5)
            await settle(reader, publisher)
            kept = reader.feed.position
        await publisher.publish(5)
        async with Feed(running.url, after=kept) as feed:
            found: list[float | None] = []
            async with asyncio.timeout(10):
                while len(found) < 5:
                    event = await anext(feed)
                    if isinstance(event, Readings):
                        found += [record.v for record in event.records]
    assert found == [6, 7, 8, 9, 10]
