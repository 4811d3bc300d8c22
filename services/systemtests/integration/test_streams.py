"""Streams on real servers: made by their command, copied into a folder, and brought back."""

import json
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from infra.servers import NatsServer
from realtime import streams
from realtime.errors import BrokerRefusedError, StreamMissingError
from realtime.nats import NatsBroker, connect
from realtime.stream_copies import StreamCopyError, bring_back, connected, take
from realtime.subjects import CHAT, SENSORS
from realtime.testing import wait_until


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NatsServer]:
    with NatsServer(tmp_path / "nats") as server:
        yield server


@pytest.fixture
def other(tmp_path: Path) -> Iterator[NatsServer]:
    with NatsServer(tmp_path / "other") as server:
        yield server


@asynccontextmanager
async def broker_of(server: NatsServer, *, keeps_streams: bool = True) -> AsyncIterator[NatsBroker]:
    async with connect(server.url, name="test", keeps_streams=keeps_streams) as broker:
        await wait_until(lambda: broker.connected)
        yield broker


async def test_who_does_not_keep_streams_makes_none_and_changes_none(server: NatsServer) -> None:
    async with broker_of(server, keeps_streams=False) as user, broker_of(server) as keeper:
        with pytest.raises(StreamMissingError):
            await user.ensure_stream(CHAT)
        made = await keeper.ensure_stream(CHAT)
        assert await user.ensure_stream(CHAT) == made
        # A stream that rolls back gets its new epoch from whoever sees it first.
        again = await user.start_incarnation(CHAT.name, seen=made.incarnation)
        assert (await keeper.stream_state(CHAT.name)).epoch == again.epoch != made.epoch


async def fill(broker: NatsBroker, *, messages: int) -> None:
    """Put so many messages into a room, some of them erased; too random to be packed small."""
    await broker.ensure_stream(CHAT)
    for number in range(messages):
        text = random.Random(number).randbytes(3_000)  # noqa: S311 - a pattern
        await broker.publish("rooms.lobby", text, message_id=str(number))
    for offset in (3, 5):
        await broker.erase(CHAT.name, offset=offset)


async def everything(broker: NatsBroker) -> list[tuple[int, bytes, float]]:
    found: list[tuple[int, bytes, float]] = []
    while page := await broker.read(CHAT.name, after=found[-1][0] if found else 0, limit=500):
        found += [(one.offset, one.payload, one.time) for one in page]
    return found


async def test_what_comes_back_is_what_was_there_under_a_new_epoch(
    server: NatsServer, other: NatsServer, tmp_path: Path
) -> None:
    async with broker_of(server) as broker, connected(server.url, name="streams") as client:
        await fill(broker, messages=400)
        before, state = await everything(broker), await broker.stream_state(CHAT.name)
        # 1.2 MB: more than the broker sends without being asked for more.
        copied = await take(client, CHAT.name, tmp_path / "copy")
    assert (copied.messages, copied.last) == (398, 400)
    async with broker_of(other) as broker, connected(other.url, name="streams") as client:
        assert await bring_back(client, tmp_path / "copy", replicas=None) == copied
        assert await everything(broker) == before
        restored = await broker.stream_state(CHAT.name)
        assert (restored.first, restored.last) == (state.first, state.last)
        assert restored.epoch != state.epoch
        # Settings came along: nobody has to bring them in line.
        assert await broker.ensure_stream(CHAT) == restored
        assert (await broker.publish("rooms.lobby", b"on", message_id="on")).offset == 401


async def test_positions_used_after_the_copy_mean_nothing_afterwards(
    server: NatsServer, tmp_path: Path
) -> None:
    async with broker_of(server) as broker, connected(server.url, name="streams") as client:
        await fill(broker, messages=10)
        await take(client, CHAT.name, tmp_path)
        # Two epochs are used after it, and their positions are with clients.
        epochs = {(await broker.stream_state(CHAT.name)).epoch}
        for seen in (1, 2):
            epochs.add((await broker.start_incarnation(CHAT.name, seen=seen)).epoch)
        with pytest.raises(BrokerRefusedError, match="already in use"):
            await bring_back(client, tmp_path, replicas=None)
        await client.jetstream().delete_stream(CHAT.name)
        await bring_back(client, tmp_path, replicas=None)
        assert (await broker.stream_state(CHAT.name)).epoch not in epochs
    assert len(epochs) == 3


async def test_a_damaged_copy_is_refused(server: NatsServer, tmp_path: Path) -> None:
    async with broker_of(server) as broker, connected(server.url, name="streams") as client:
        await fill(broker, messages=100)
        await take(client, CHAT.name, tmp_path)
        await client.jetstream().delete_stream(CHAT.name)
        blocks = tmp_path / "stream.tar.s2"
        whole = blocks.read_bytes()
        blocks.write_bytes(whole[: len(whole) // 2])
        with pytest.raises((StreamCopyError, BrokerRefusedError)):
            await bring_back(client, tmp_path, replicas=None)
        blocks.unlink()
        with pytest.raises(StreamCopyError, match="is missing"):
            await bring_back(client, tmp_path, replicas=None)
        (tmp_path / "backup.json").unlink()
        with pytest.raises(StreamCopyError, match="no copy is here"):
            await bring_back(client, tmp_path, replicas=None)


def test_the_command_makes_copies_and_restores(
    server: NatsServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = ["--nats-url", server.url]
    assert streams.main(["setup", *address]) == 0
    assert streams.main(["backup", str(tmp_path), *address]) == 0
    facts = json.loads((tmp_path / "CHAT" / "backup.json").read_text())
    assert facts["config"]["num_replicas"] == 1
    assert (tmp_path / SENSORS.name / "stream.tar.s2").is_file()
    assert streams.main(["restore", str(tmp_path), *address]) == 1
    assert streams.main(["restore", str(tmp_path), "--replace", *address]) == 0
    said = capsys.readouterr().out.splitlines()
    assert [line.split(":")[1].strip() for line in said[:4]] == [
        "SENSORS",
        "CHAT",
        "REVOCATIONS",
        "TICKETS",
    ]
    assert said[-1] == "streams: CHAT: 0 messages up to offset 0 are back"
