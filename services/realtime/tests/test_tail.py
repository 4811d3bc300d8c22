import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

from realtime.broker import Delivery, StreamSpec
from realtime.tail import HOLE_PAUSE, Tail
from realtime.testing import MemoryBroker, wait_until

SPEC = StreamSpec(
    name="S",
    subjects=("s.>",),
    republish_prefix="live.",
    max_age=timedelta(hours=1),
    max_bytes=None,
    duplicate_window=timedelta(minutes=2),
)


ERASABLE = replace(SPEC, erasable=True)


class Notes:
    """Writes down what a tail finds."""

    def __init__(self) -> None:
        self.epochs: list[tuple[str, int]] = []
        self.offsets: list[int] = []
        self.holes: list[tuple[int, int]] = []
        self.erasures: list[int] = []
        self.ups: list[bool] = []

    def deliver(self, delivery: Delivery) -> None:
        self.offsets.append(delivery.offset)

    def lost(self, after: int, upto: int) -> None:
        self.holes.append((after, upto))

    def erased(self, upto: int) -> None:
        self.erasures.append(upto)

    def restarted(self, epoch: str, floor: int) -> None:
        self.epochs.append((epoch, floor))
        self.offsets.clear()

    def upstream(self, *, up: bool) -> None:
        self.ups.append(up)


@asynccontextmanager
async def following(
    broker: MemoryBroker, *, warm: timedelta = timedelta(minutes=1), spec: StreamSpec = SPEC
) -> AsyncIterator[Notes]:
    notes = Notes()
    tail = Tail(broker, spec, notes, warm=warm)
    task = asyncio.ensure_future(tail.run())
    if broker.connected:
        await tail.started.wait()
    try:
        yield notes
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


class Source:
    def __init__(self, broker: MemoryBroker) -> None:
        self._broker = broker
        self._number = 0

    async def publish(self, count: int) -> None:
        for _ in range(count):
            self._number += 1
            await self._broker.publish("s.a", b"x", message_id=str(self._number))


async def test_it_begins_with_what_is_young_and_goes_on_live() -> None:
    broker = MemoryBroker()
    await broker.ensure_stream(SPEC)
    source = Source(broker)
    await source.publish(3)
    async with following(broker) as notes:
        await source.publish(2)
        await wait_until(lambda: notes.offsets == [1, 2, 3, 4, 5])
        assert notes.epochs == [("m0001i1", 0)]
        assert notes.ups == [True]


async def test_it_begins_at_the_end_without_warmth() -> None:
    broker = MemoryBroker()
    await broker.ensure_stream(SPEC)
    source = Source(broker)
    await source.publish(3)
    async with following(broker, warm=timedelta(0)) as notes:
        await source.publish(1)
        await wait_until(lambda: notes.offsets == [4])
        assert notes.epochs == [("m0001i1", 3)]


async def test_a_lost_live_delivery_is_read_from_the_stream() -> None:
    broker = MemoryBroker()
    async with following(broker) as notes:
        source = Source(broker)
        await source.publish(2)
        broker.lose_live = 3
        await source.publish(5)
        await wait_until(lambda: notes.offsets == [1, 2, 3, 4, 5, 6, 7])
        assert notes.holes == []


async def test_a_lost_last_delivery_is_found_by_the_audit() -> None:
    broker = MemoryBroker()
    async with following(broker) as notes:
        broker.lose_live = 2
        await Source(broker).publish(2)
        await wait_until(lambda: notes.offsets == [1, 2])


async def test_what_the_stream_has_lost_too_is_told() -> None:
    broker = MemoryBroker()
    async with following(broker) as notes:
        source = Source(broker)
        await source.publish(2)
        await wait_until(lambda: notes.offsets == [1, 2])
        broker.lose_live = 4
        await source.publish(4)
        broker.purge("S", upto=5)
        await source.publish(1)
        await wait_until(lambda: notes.offsets == [1, 2, 6, 7])
        assert notes.holes == [(2, 5)]


async def test_a_purge_of_everything_is_told() -> None:
    broker = MemoryBroker()
    async with following(broker) as notes:
        broker.lose_live = 3
        await Source(broker).publish(3)
        broker.purge("S", upto=3)
        await wait_until(lambda: notes.holes == [(0, 3)])


async def test_a_replica_that_lags_is_asked_again_before_a_loss_is_told() -> None:
    broker = MemoryBroker()
    async with following(broker) as notes:
        source = Source(broker)
        await source.publish(2)
        await wait_until(lambda: notes.offsets == [1, 2])
        broker.lose_live = 3
        broker.hide_reads = 2
        await source.publish(4)
        await wait_until(lambda: notes.offsets == [1, 2, 3, 4, 5, 6])
        assert notes.holes == []


async def test_messages_that_were_deleted_one_by_one_are_told_in_the_end() -> None:
    broker = MemoryBroker()
    async with following(broker) as notes:
        source = Source(broker)
        await source.publish(1)
        await wait_until(lambda: notes.offsets == [1])
        broker.lose_live = 4
        await source.publish(4)
        broker.delete_message("S", 3)
        await source.publish(1)
        await wait_until(lambda: notes.offsets == [1, 2, 4, 5, 6])
        assert notes.holes == [(2, 3)]


async def test_what_was_erased_on_purpose_is_no_loss_and_not_waited_for() -> None:
    broker = MemoryBroker()
    async with following(broker, spec=ERASABLE) as notes:
        source = Source(broker)
        await source.publish(1)
        await wait_until(lambda: notes.offsets == [1])
        broker.lose_live = 5
        await source.publish(5)
        for offset in (2, 3, 5):
            await broker.erase("S", offset=offset)
        began = asyncio.get_running_loop().time()
        await source.publish(1)
        await wait_until(lambda: notes.offsets == [1, 4, 6, 7])
        assert asyncio.get_running_loop().time() - began < HOLE_PAUSE.total_seconds()
        assert (notes.erasures, notes.holes) == ([3, 5], [])


async def test_a_replica_begins_over_erased_messages_without_a_loss() -> None:
    broker = MemoryBroker()
    await broker.ensure_stream(ERASABLE)
    await Source(broker).publish(6)
    for offset in (3, 6):
        await broker.erase("S", offset=offset)
    async with following(broker, spec=ERASABLE) as notes:
        assert notes.offsets == [1, 2, 4, 5]
        assert (notes.erasures, notes.holes) == ([3, 6], [])


async def test_a_copy_that_lags_is_not_taken_for_an_erasure() -> None:
    broker = MemoryBroker()
    async with following(broker, spec=ERASABLE) as notes:
        source = Source(broker)
        await source.publish(2)
        await wait_until(lambda: notes.offsets == [1, 2])
        broker.lose_live = 3
        broker.hide_reads = 2
        await source.publish(4)
        await wait_until(lambda: notes.offsets == [1, 2, 3, 4, 5, 6])
        assert (notes.erasures, notes.holes) == ([], [])


async def test_what_aged_out_of_a_stream_that_is_erased_from_is_still_a_loss() -> None:
    broker = MemoryBroker()
    async with following(broker, spec=ERASABLE) as notes:
        source = Source(broker)
        await source.publish(2)
        await wait_until(lambda: notes.offsets == [1, 2])
        broker.lose_live = 4
        await source.publish(4)
        broker.purge("S", upto=5)
        await source.publish(1)
        await wait_until(lambda: notes.offsets == [1, 2, 6, 7])
        assert (notes.erasures, notes.holes) == ([], [(2, 5)])


async def test_an_outage_is_told_and_filled() -> None:
    broker = MemoryBroker()
    async with following(broker) as notes:
        source = Source(broker)
        await source.publish(1)
        await wait_until(lambda: notes.offsets == [1])
        broker.go_down()
        assert notes.ups == [True, False]
        broker.connected = True
        broker.lose_live = 2
        await source.publish(2)
        broker.come_up()
        await wait_until(lambda: notes.offsets == [1, 2, 3])
        assert notes.ups == [True, False, True]


async def test_it_waits_for_a_broker_that_is_not_there_yet() -> None:
    broker = MemoryBroker()
    broker.go_down()
    async with following(broker) as notes:
        await wait_until(lambda: notes.ups == [False])
        broker.come_up()
        await Source(broker).publish(0)
        await wait_until(lambda: notes.ups == [False, True])
        await Source(broker).publish(1)
        await wait_until(lambda: notes.offsets == [1])


async def test_a_recreated_stream_is_a_new_epoch_and_none_of_it_is_lost() -> None:
    broker = MemoryBroker()
    async with following(broker) as notes:
        await Source(broker).publish(5)
        await wait_until(lambda: len(notes.offsets) == 5)
        broker.delete_stream("S")
        await broker.ensure_stream(SPEC)
        other = Source(broker)
        other._number = 100
        await other.publish(3)
        await wait_until(lambda: notes.offsets == [1, 2, 3])
        assert [epoch for epoch, _ in notes.epochs] == ["m0001i1", "m0002i1"]


async def test_a_deleted_stream_is_made_again() -> None:
    broker = MemoryBroker()
    async with following(broker) as notes:
        broker.delete_stream("S")
        await wait_until(lambda: len(notes.epochs) == 2)
        await Source(broker).publish(1)
        await wait_until(lambda: notes.offsets == [1])


async def test_a_rolled_back_tail_is_a_new_epoch() -> None:
    broker = MemoryBroker()
    async with following(broker) as notes:
        source = Source(broker)
        await source.publish(5)
        await wait_until(lambda: len(notes.offsets) == 5)
        broker.roll_back("S", last=3)
        await source.publish(1)
        await wait_until(lambda: notes.offsets == [4])
        assert notes.epochs == [("m0001i1", 0), ("m0001i2", 3)]


async def test_a_rollback_that_was_written_over_shows_in_the_time_of_the_head() -> None:
    broker = MemoryBroker()
    async with following(broker) as notes:
        source = Source(broker)
        await source.publish(5)
        await wait_until(lambda: len(notes.offsets) == 5)
        broker.go_down()
        broker.connected = True
        broker.roll_back("S", last=3)
        broker.lose_live = 4
        await source.publish(4)
        broker.come_up()
        await wait_until(lambda: notes.offsets == [4, 5, 6, 7])
        assert notes.epochs == [("m0001i1", 0), ("m0001i2", 3)]


async def test_a_replica_that_did_not_see_the_rollback_follows_the_one_that_did() -> None:
    broker = MemoryBroker()
    async with following(broker) as notes, following(broker) as others:
        source = Source(broker)
        await source.publish(5)
        await wait_until(lambda: len(notes.offsets) == len(others.offsets) == 5)
        broker.roll_back("S", last=2)
        await source.publish(1)
        await wait_until(lambda: notes.offsets == others.offsets == [3])
        assert notes.epochs == others.epochs == [("m0001i1", 0), ("m0001i2", 2)]


async def test_a_burst_during_a_repair_is_neither_lost_nor_repeated() -> None:
    broker = MemoryBroker()
    async with following(broker) as notes:
        source = Source(broker)
        for _ in range(20):
            broker.lose_live = 1
            await source.publish(7)
        await wait_until(lambda: len(notes.offsets) >= 140)
        assert notes.offsets == list(range(1, 141))
        assert notes.holes == []
