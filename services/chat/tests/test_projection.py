"""From the log into history: complete, once, by one replica, whatever the store loses."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hypothesis import given, settings
from hypothesis import strategies as st

from chat.entries import PostEntry, encode_entry
from chat.history import Page, Span
from chat.projection import Projection, entries_of
from chat.testing import MemoryHistory, MemoryStore
from realtime.broker import Delivery
from realtime.health import Health
from realtime.position import Position
from realtime.subjects import CHAT
from realtime.testing import MemoryBroker, wait_until


def payload(number: int) -> bytes:
    return encode_entry(PostEntry(cid=f"c{number}", user="ada", text=f"t{number}", time=1.0))


async def post(broker: MemoryBroker, first: int, last: int, *, tag: str = "") -> None:
    for number in range(first, last + 1):
        room = "lobby" if number % 3 else "attic"
        await broker.publish(f"rooms.{room}", payload(number), message_id=f"{tag}{number}")


@asynccontextmanager
async def projecting(broker: MemoryBroker, store: MemoryStore) -> AsyncIterator[Projection]:
    await broker.ensure_stream(CHAT)
    projection = Projection(broker, MemoryHistory(store), Health())
    projection.notice()
    task = asyncio.create_task(projection.run())
    try:
        yield projection
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def wait_at(store: MemoryStore, broker: MemoryBroker) -> str:
    """Wait until history has the whole stream; gives the epoch."""
    state = await broker.stream_state(CHAT.name)
    await wait_until(lambda: store.position == Position(state.epoch, state.last), what="catch-up")
    return state.epoch


async def offsets(store: MemoryStore, epoch: str, room: str = "lobby") -> list[int]:
    found = await MemoryHistory(store).read(Span(room=room, limit=10_000), epoch=epoch)
    return [offset for offset, _ in found.messages]


def lobby(first: int, last: int) -> list[int]:
    return [offset for offset in range(first, last + 1) if offset % 3]


async def test_what_is_in_the_log_comes_into_history_in_its_stored_form(
    broker: MemoryBroker, store: MemoryStore
) -> None:
    async with projecting(broker, store):
        await post(broker, 1, 4)
        epoch = await wait_at(store, broker)
    assert await offsets(store, epoch) == [1, 2, 4]
    assert await offsets(store, epoch, "attic") == [3]
    found = await MemoryHistory(store).read(Span(room="lobby", limit=1), epoch=epoch)
    expected = f'{{"position":"{epoch}-4","cid":"c4","user":"ada","text":"t4","time":1.0}}'
    assert found.messages == [(4, expected.encode())]


async def test_an_empty_stream_is_a_position_too(broker: MemoryBroker, store: MemoryStore) -> None:
    async with projecting(broker, store):
        epoch = await wait_at(store, broker)
    assert store.position == Position(epoch, 0)


async def test_news_are_written_at_once(broker: MemoryBroker, store: MemoryStore) -> None:
    async with projecting(broker, store) as projection:
        await wait_at(store, broker)
        began = asyncio.get_running_loop().time()
        for number in range(1, 6):
            await post(broker, number, number)
            projection.notice()
            await wait_at(store, broker)
        assert asyncio.get_running_loop().time() - began < 0.9


async def test_more_than_a_page_is_written_page_by_page(
    broker: MemoryBroker, store: MemoryStore
) -> None:
    await broker.ensure_stream(CHAT)
    await post(broker, 1, 1_200)
    async with projecting(broker, store) as projection:
        epoch = await wait_at(store, broker)
        assert projection.pages >= 3
    assert await offsets(store, epoch) == lobby(1, 1_200)


async def test_an_emptied_store_is_rebuilt(broker: MemoryBroker, store: MemoryStore) -> None:
    async with projecting(broker, store):
        await post(broker, 1, 700)
        epoch = await wait_at(store, broker)
        store.flush()
        await post(broker, 701, 710)
        await wait_at(store, broker)
    assert await offsets(store, epoch) == lobby(1, 710)


async def test_a_store_that_is_emptied_while_it_is_written_is_complete_in_the_end(
    broker: MemoryBroker, store: MemoryStore
) -> None:
    await broker.ensure_stream(CHAT)
    await post(broker, 1, 3_000)
    async with projecting(broker, store):
        for _ in range(3):
            await wait_until(lambda: store.position is not None and store.position.offset >= 500)
            store.flush()
        epoch = await wait_at(store, broker)
    assert await offsets(store, epoch) == lobby(1, 3_000)


async def test_a_store_that_lost_its_last_writes_goes_on_from_where_it_is(
    broker: MemoryBroker, store: MemoryStore
) -> None:
    async with projecting(broker, store):
        await post(broker, 1, 20)
        epoch = await wait_at(store, broker)
        store.position = Position(epoch, 10)
        for room in store.rooms.values():
            for offset in [offset for offset in room if offset > 10]:
                del room[offset]
        await wait_at(store, broker)
    assert await offsets(store, epoch) == lobby(1, 20)


async def test_another_epoch_starts_over_and_forgets_the_old_one(
    broker: MemoryBroker, store: MemoryStore
) -> None:
    async with projecting(broker, store):
        await post(broker, 1, 20)
        old = await wait_at(store, broker)
        broker.delete_stream(CHAT.name)
        await broker.ensure_stream(CHAT)
        await post(broker, 1, 5, tag="new")
        new = await wait_at(store, broker)
        await wait_until(lambda: not any(epoch == old for epoch, _ in store.rooms))
    assert await offsets(store, new) == lobby(1, 5)


async def test_what_the_stream_dropped_because_of_its_age_is_not_waited_for(
    broker: MemoryBroker, store: MemoryStore
) -> None:
    await broker.ensure_stream(CHAT)
    await post(broker, 1, 20)
    broker.purge(CHAT.name, upto=10)
    async with projecting(broker, store):
        epoch = await wait_at(store, broker)
        assert await offsets(store, epoch) == lobby(11, 20)
        broker.purge(CHAT.name, upto=20)
        await wait_at(store, broker)


async def test_unreadable_entries_are_passed_over(broker: MemoryBroker, store: MemoryStore) -> None:
    async with projecting(broker, store):
        await post(broker, 1, 1)
        for number, bad in enumerate((b"", b"[]", b'{"type":"edit"}', b"\xff")):
            await broker.publish("rooms.lobby", bad, message_id=f"bad{number}")
        await broker.publish("rooms.l@bby", payload(7), message_id="room")
        await post(broker, 7, 7)
        epoch = await wait_at(store, broker)
    assert await offsets(store, epoch) == [1, 7]


async def test_a_broker_or_a_store_that_is_away_is_waited_for(
    broker: MemoryBroker, store: MemoryStore
) -> None:
    async with projecting(broker, store) as projection:
        await wait_at(store, broker)
        store.down = True
        await post(broker, 1, 5)
        await wait_until(lambda: not projection.up)
        assert not projection.leads
        store.down = False
        await wait_at(store, broker)
        assert projection.up
        await post(broker, 6, 10)
        broker.go_down()
        projection.notice()
        await asyncio.sleep(0)
        broker.come_up()
        epoch = await wait_at(store, broker)
    assert await offsets(store, epoch) == lobby(1, 10)


async def test_one_of_two_replicas_projects_and_the_other_takes_over(
    broker: MemoryBroker, store: MemoryStore
) -> None:
    async with projecting(broker, store) as second:
        await wait_until(lambda: second.leads)
        async with projecting(broker, store) as first:
            await post(broker, 1, 5)
            await wait_at(store, broker)
            assert (first.leads, second.leads) == (False, True)
            await wait_until(lambda: first.position == store.position)
            # What happens to a replica that hangs: its lease ends, and its writes are refused.
            store.expire_lease()
            assert store.lease is None
            await post(broker, 6, 10)
            epoch = await wait_at(store, broker)
    assert store.lease is None
    assert await offsets(store, epoch) == lobby(1, 10)


@settings(max_examples=50)
@given(seed=st.integers(), changes=st.integers(0, 30), cuts=st.integers(1, 10))
async def test_any_order_and_repetition_gives_the_same_history(
    seed: int, changes: int, cuts: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - reproducible
    deliveries = [
        Delivery("rooms.lobby", payload(number), number, 1.0) for number in range(1, changes + 1)
    ]
    entries = entries_of(deliveries, "e100")
    shuffled = entries + chance.choices(entries, k=len(entries)) if entries else []
    chance.shuffle(shuffled)
    history = MemoryHistory(MemoryStore(keep=20))
    await history.lead()
    seen: Position | None = None
    for number in range(cuts):
        upto = Position("e100", number)
        page = Page(entries=shuffled[number::cuts], seen=seen, upto=upto, first=1)
        assert await history.store(page)
        seen = upto
    found = await history.read(Span(room="lobby", limit=100), epoch="e100")
    assert found.messages == [(entry.offset, entry.payload) for entry in entries[-20:]]
