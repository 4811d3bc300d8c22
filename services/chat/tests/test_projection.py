"""From the log into history: complete, once, by one replica, whatever the store loses."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat.entries import (
    ChatEntry,
    DeleteEntry,
    EditEntry,
    Logged,
    Original,
    PostEntry,
    ReactEntry,
    encode_entry,
)
from chat.history import HistoryEntry, Page, Span
from chat.projected import project
from chat.projection import CHECK, Projection
from chat.protocol import Limits
from chat.record import Record, decode_record, stored_message
from chat.testing import MemoryHistory, MemoryStore
from realtime.health import Health
from realtime.position import Position
from realtime.subjects import CHAT
from realtime.testing import MemoryBroker, wait_until

NOW = round(time.time(), 3)
LIMITS = Limits(rooms=20, text_bytes=4096, replay=1000, posts_per_second=5, posts_burst=20)


def payload(number: int) -> bytes:
    return encode_entry(PostEntry(cid=f"c{number}", user="ada", text=f"t{number}", time=NOW))


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
    return [entry.offset for entry in found.entries]


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
    expected = f'{{"position":"{epoch}-4","cid":"c4","user":"ada","text":"t4","time":{NOW}}}'
    assert [entry.payload for entry in found.entries] == [expected.encode()]


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
        # Five checks without an occasion would have taken five seconds.
        assert asyncio.get_running_loop().time() - began < 2.5 * CHECK.total_seconds()


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


USERS = ("ada", "bob", "eve")
EMOJIS = ("👍", "🎈")


@st.composite
def logs(draw: st.DrawFn) -> list[Logged]:
    """A room's log of posts, edits, deletions and reactions, each about an earlier post."""
    entries: list[Logged] = []
    posts: list[Logged] = []
    for offset in range(1, draw(st.integers(0, 24)) + 1):
        kind = draw(st.sampled_from(("post", "edit", "delete", "react"))) if posts else "post"
        user, cid = draw(st.sampled_from(USERS)), f"c{offset}"
        entry: ChatEntry = PostEntry(cid, user, f"t{offset}", NOW)
        if kind != "post":
            about = draw(st.sampled_from(posts))
            target, of = about.offset, about.entry
            if kind == "edit":
                entry = EditEntry(cid, of.user, target, f"t{offset}", NOW + offset)
            elif kind == "delete":
                original = Original(of.cid, of.user, of.time)
                entry = DeleteEntry(cid, user, target, original, NOW + offset)
            else:
                emoji, on = draw(st.sampled_from(EMOJIS)), draw(st.booleans())
                entry = ReactEntry(cid, user, target, emoji, on, NOW + offset)
        entries.append(Logged("lobby", offset, entry))
        posts += entries[-1:] if kind == "post" else []
    return entries


async def shown(batches: list[list[Logged]], *, keep: int = 12) -> list[tuple[int, bytes | None]]:
    """What history shows when entries are projected in these batches."""
    history = MemoryHistory(MemoryStore(keep=keep))
    await history.lead()
    seen: Position | None = None
    for number, batch in enumerate(batches):
        projected = await project(history, batch, "e100")
        upto = Position("e100", number)
        assert await history.store(Page(entries=projected.entries, seen=seen, upto=upto))
        seen = upto
    found = await history.read(Span(room="lobby", limit=100), epoch="e100")
    records = [decode_record(e.payload, offset=e.offset, changed=e.changed) for e in found.entries]
    return [(r.offset, stored_message(r, epoch="e100", limits=LIMITS)) for r in records]


@settings(max_examples=200)
@given(log=logs(), seed=st.integers(), cuts=st.integers(1, 8))
async def test_any_order_and_repetition_of_the_log_gives_the_same_history(
    log: list[Logged], seed: int, cuts: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - reproducible
    shuffled = log + chance.choices(log, k=len(log))
    chance.shuffle(shuffled)
    in_order = await shown([[logged] for logged in log])
    assert await shown([shuffled[number::cuts] for number in range(cuts)]) == in_order
    posts = [logged.offset for logged in log if isinstance(logged.entry, PostEntry)]
    assert [offset for offset, _ in in_order] == posts[-12:]


@settings(max_examples=100)
@given(log=logs())
async def test_a_log_from_which_deleted_texts_were_erased_gives_the_same_history(
    log: list[Logged],
) -> None:
    gone = {logged.target for logged in log if isinstance(logged.entry, DeleteEntry)}
    left = [
        logged
        for logged in log
        if logged.target not in gone or isinstance(logged.entry, DeleteEntry | ReactEntry)
    ]
    assert await shown([left]) == await shown([log])


async def test_the_text_of_a_deleted_message_is_erased_from_the_log(
    broker: MemoryBroker, store: MemoryStore
) -> None:
    async with projecting(broker, store) as projection:
        await post(broker, 1, 2)
        of = Original("c1", "ada", NOW)
        changes: list[ChatEntry] = [
            EditEntry("e1", "ada", 1, "secret", NOW),
            DeleteEntry("d1", "ada", 1, of, NOW),
            EditEntry("e2", "ada", 1, "late", NOW),
        ]
        for entry in changes:
            await broker.publish("rooms.lobby", encode_entry(entry), message_id=entry.cid)
        epoch = await wait_at(store, broker)
        left = await broker.read(CHAT.name, after=0, limit=9)
        assert [delivery.offset for delivery in left] == [2, 4]
        before = (await MemoryHistory(store).read(Span(room="lobby", limit=9), epoch=epoch)).entries
        store.flush()
        projection.notice()
        await wait_at(store, broker)
        after = (await MemoryHistory(store).read(Span(room="lobby", limit=9), epoch=epoch)).entries
    shown = [stored_message(_record(e), epoch=epoch, limits=LIMITS) for e in before]
    assert [stored_message(_record(e), epoch=epoch, limits=LIMITS) for e in after] == shown
    assert b"secret" not in b"".join(e.payload for e in before)


def _record(entry: HistoryEntry) -> Record:
    return decode_record(entry.payload, offset=entry.offset, changed=entry.changed)


async def test_a_broker_that_erases_nothing_is_counted_and_history_goes_on(
    broker: MemoryBroker, store: MemoryStore
) -> None:
    await broker.ensure_stream(CHAT)
    await post(broker, 1, 2)
    deletion = DeleteEntry("d1", "ada", 1, Original("c1", "ada", NOW), NOW)
    await broker.publish("rooms.lobby", encode_entry(deletion), message_id="d1")
    broker.refuse = "no right"
    async with projecting(broker, store) as projection:
        await wait_at(store, broker)
        assert projection.not_erased == 1


class SlowToErase(MemoryBroker):
    """Takes as long for an erasure as the projection lets pass between two looks at its lease."""

    async def erase(self, stream: str, *, offset: int) -> None:
        await asyncio.sleep(CHECK.total_seconds() * 0.6)
        await super().erase(stream, offset=offset)


@pytest.mark.parametrize("stolen", [False, True])
async def test_the_lease_is_kept_while_many_texts_are_erased(
    store: MemoryStore, *, stolen: bool
) -> None:
    broker = SlowToErase()
    await broker.ensure_stream(CHAT)
    await post(broker, 1, 4)
    for number in (1, 2, 4):
        of = Original(f"c{number}", "ada", NOW)
        room = "rooms.lobby"
        deletion = DeleteEntry(f"d{number}", "ada", number, of, NOW)
        await broker.publish(room, encode_entry(deletion), message_id=deletion.cid)
    async with projecting(broker, store) as projection:
        await wait_until(lambda: store.lease is not None)
        mine = store.lease
        store.lease = object() if stolen else None
        if stolen:
            await wait_until(lambda: not projection.leads)
            assert store.position is None
            store.expire_lease()
        await wait_at(store, broker)
        assert store.lease is mine
