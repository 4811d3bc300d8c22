"""History built anew at somebody's word."""

import asyncio

import pytest

from chat.entries import PostEntry, encode_entry
from chat.errors import HistoryUnavailableError
from chat.history import HistoryEntry, Page
from chat.rebuild import main, rebuild
from chat.testing import MemoryHistory, MemoryStore
from chat.testing.dialog import fill
from realtime.errors import StreamMissingError
from realtime.position import Position
from realtime.subjects import CHAT
from realtime.testing import MemoryBroker, wait_until
from systemtests.running_chat import chat_parts, wait_projected


def spoil(store: MemoryStore) -> None:
    """Put something into every message that was never said."""
    for room in store.rooms.values():
        for offset, entry in room.items():
            room[offset] = HistoryEntry(
                room=entry.room,
                offset=offset,
                changed=offset,
                payload=entry.payload.replace(b"text", b"next"),
                time=entry.time,
            )


async def test_a_history_that_is_wrong_is_right_again_while_chat_runs(
    broker: MemoryBroker, store: MemoryStore
) -> None:
    async with chat_parts(broker, MemoryHistory(store)) as chat:
        await fill(chat.replica, 1, 600)
        await wait_projected(chat)
        right = dict(store.rooms[chat.replica.hub.epoch, "lobby"])
        spoil(store)
        said: list[str] = []
        await fill(chat.replica, 601, 602)
        assert await rebuild(broker, MemoryHistory(store), said.append) == 602
        await fill(chat.replica, 603, 603)
        await wait_projected(chat)
        now = store.rooms[chat.replica.hub.epoch, "lobby"]
        assert {offset: now[offset] for offset in right} == right
        assert sorted(now) == list(range(1, 604))
        assert said[-1].startswith("602 of 602 entries (100 %)")
        assert chat.projection.leads


async def test_without_a_chat_that_runs_the_command_writes_itself(
    broker: MemoryBroker, store: MemoryStore
) -> None:
    await broker.ensure_stream(CHAT)
    entry = encode_entry(PostEntry("c", "ada", "t", 1e12))
    for number in range(3):
        await broker.publish("rooms.lobby", entry, message_id=str(number))
    await rebuild(broker, MemoryHistory(store), lambda _: None)
    state = await broker.stream_state(CHAT.name)
    assert store.position == Position(state.epoch, 3)
    assert store.lease is None


async def test_nothing_is_emptied_when_there_is_nothing_to_rebuild_from(
    broker: MemoryBroker, store: MemoryStore
) -> None:
    history = MemoryHistory(store)
    await history.lead()
    await history.store(Page(entries=[], seen=None, upto=Position("e100", 7)))
    with pytest.raises(StreamMissingError):
        await rebuild(broker, history, lambda _: None)
    assert store.position == Position("e100", 7)
    await broker.ensure_stream(CHAT)
    store.down = True
    with pytest.raises(HistoryUnavailableError):
        await rebuild(broker, history, lambda _: None)


async def test_a_stream_that_is_made_anew_ends_the_rebuild(
    broker: MemoryBroker, store: MemoryStore
) -> None:
    await broker.ensure_stream(CHAT)
    await broker.publish("rooms.lobby", b"{}", message_id="1")
    # Another replica leads, and is soon in another epoch.
    store.lease, store.position = object(), Position("old", 1)
    said: list[str] = []
    running = asyncio.create_task(rebuild(broker, MemoryHistory(store), said.append))
    await wait_until(lambda: store.position is None)
    store.position = Position("new", 0)
    await running
    assert said[-1] == "the stream was made anew meanwhile; chat goes on from its beginning"


def test_help_says_what_happens_and_missing_settings_are_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    assert "CHAT_REDIS_URL" in capsys.readouterr().out
    monkeypatch.delenv("CHAT_NATS_URL", raising=False)
    monkeypatch.delenv("CHAT_REDIS_URL", raising=False)
    assert main(["--nats-url", "nats://127.0.0.1:1"]) == 2
    assert "CHAT_REDIS_URL" in capsys.readouterr().out
