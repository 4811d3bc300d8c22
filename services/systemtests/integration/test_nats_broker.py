"""The NATS adapter against a real server: the broker's contract, and what a server can do wrong."""

import asyncio
import itertools
import random
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import nats
import nats.errors
import pytest

from infra.servers import NatsServer
from realtime.broker import Delivery
from realtime.errors import BadTokenError, BrokerUnavailableError
from realtime.nats import BROADCAST_PENDING_BYTES, NatsBroker, connect
from realtime.nats_link import NatsLink
from realtime.tail import Tail
from realtime.testing import wait_until
from realtime.testing.broker_contract import SPEC, BrokerContract, publish_many


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    with NatsServer(tmp_path_factory.mktemp("nats")) as server:
        yield server


@asynccontextmanager
async def connected(server: NatsServer) -> AsyncIterator[NatsBroker]:
    async with connect(server.url, name="test") as broker:
        await wait_until(lambda: broker.connected)
        yield broker


async def delete_stream(server: NatsServer) -> None:
    client = await nats.connect(server.url)
    await client.jetstream().delete_stream(SPEC.name)
    await client.close()


class TestNatsBroker(BrokerContract):
    @pytest.fixture
    async def broker(self, server: NatsServer) -> AsyncIterator[NatsBroker]:
        async with connected(server) as broker:
            yield broker
            client = await nats.connect(server.url)
            for stream in await client.jetstream().streams_info():
                await client.jetstream().delete_stream(stream.config.name or "")
            await client.close()


class Notes:
    """Writes down what a tail finds, epoch by epoch."""

    def __init__(self) -> None:
        self.epochs: list[str] = []
        self.seen: dict[str, list[int]] = {}
        self.holes: list[tuple[int, int]] = []
        self.erasures: list[int] = []
        self.up = False

    @property
    def offsets(self) -> list[int]:
        return self.seen[self.epochs[-1]] if self.epochs else []

    def deliver(self, delivery: Delivery) -> None:
        self.offsets.append(delivery.offset)

    def lost(self, after: int, upto: int) -> None:
        self.holes.append((after, upto))

    def erased(self, upto: int) -> None:
        self.erasures.append(upto)

    def restarted(self, epoch: str, floor: int) -> None:  # noqa: ARG002 - the port's
        self.epochs.append(epoch)
        self.seen[epoch] = []

    def upstream(self, *, up: bool) -> None:
        self.up = up


@asynccontextmanager
async def following(broker: NatsBroker) -> AsyncIterator[Notes]:
    notes = Notes()
    tail = Tail(broker, SPEC, notes, warm=timedelta(minutes=1))
    task = asyncio.create_task(tail.run())
    await tail.started.wait()
    try:
        yield notes
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[NatsServer]:
    with NatsServer(tmp_path / "nats") as server:
        yield server


async def test_a_killed_server_loses_nothing_that_was_acknowledged(own_server: NatsServer) -> None:
    async with connected(own_server) as broker, following(broker) as notes:
        await publish_many(broker, 200)
        own_server.kill()
        await wait_until(lambda: not notes.up)
        with pytest.raises(BrokerUnavailableError):
            await broker.publish("contract.a", b"x", message_id="while down")
        own_server.start()
        await wait_until(lambda: notes.up)
        await publish_many(broker, 50, subject="contract.b")
        await wait_until(lambda: len(notes.offsets) >= 250)
        assert notes.offsets == list(range(1, 251))
        assert (len(notes.epochs), notes.holes) == (1, [])


async def test_a_publishers_own_headers_move_no_message(own_server: NatsServer) -> None:
    """Whoever may publish may set headers, also those that say where the broker stored it."""
    lies = {
        "Nats-Sequence": "999999",
        "Nats-Subject": "contract.forged",
        "Nats-Stream": "OTHER",
        "Nats-Time-Stamp": "2001-01-01T00:00:00Z",
        "Status": "404",
    }
    heard: list[Delivery] = []
    async with connected(own_server) as broker:
        await broker.ensure_stream(SPEC)
        async with broker.listen(SPEC, heard.append):
            client = await nats.connect(own_server.url)
            await client.jetstream().publish("contract.a", b"x", headers=lies)
            await client.close()
            await publish_many(broker, 1, subject="contract.b")
            await wait_until(lambda: len(heard) == 2)
        stored = await broker.read(SPEC.name, after=0, limit=10)
        latest = await broker.latest(SPEC.name, subject="contract.a")
    for found in (heard, stored):
        assert [(one.offset, one.subject) for one in found] == [
            (1, "contract.a"),
            (2, "contract.b"),
        ]
        assert found[0].time > time.time() - 3600
    assert [one.offset for one in latest] == [1]


async def test_deliveries_that_the_driver_dropped_are_read_from_the_stream(
    own_server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    dropped: list[Exception] = []

    async def failed(_: NatsLink, error: Exception) -> None:
        dropped.append(error)

    monkeypatch.setattr("realtime.nats.LIVE_PENDING_MESSAGES", 8)
    monkeypatch.setattr(NatsLink, "_failed", failed)
    async with connected(own_server) as broker, following(broker) as notes:
        client = await nats.connect(own_server.url)
        # All at once and unacknowledged: they come back in pieces of hundreds.
        for _ in range(2_000):
            await client.publish("contract.a", b"x")
        await client.close()
        await wait_until(lambda: len(notes.offsets) >= 2_000, within=60)
    assert [error for error in dropped if isinstance(error, nats.errors.SlowConsumerError)]
    assert notes.offsets == list(range(1, 2_001))
    assert (len(notes.epochs), notes.holes) == (1, [])


@pytest.mark.alone  # a thousand within a second
async def test_broadcasts_are_lost_while_the_server_is_dead_and_heard_again_afterwards(
    own_server: NatsServer,
) -> None:
    heard: list[bytes] = []
    async with (
        connected(own_server) as broker,
        broker.hear("gossip.*", lambda _, said: heard.append(said)),
    ):
        own_server.kill()
        await wait_until(lambda: not broker.connected)
        began = time.monotonic()
        for number in range(1_000):
            await broker.broadcast("gossip.a", b"lost%d" % number)
        assert time.monotonic() - began < 1
        own_server.start()

        async def heard_again() -> bool:
            await broker.broadcast("gossip.a", b"again")
            return b"again" in heard

        await wait_until(heard_again)
        assert set(heard) == {b"again"}


async def test_broadcasts_to_a_server_that_hangs_are_bounded_and_wait_for_nothing(
    own_server: NatsServer,
) -> None:
    async with connected(own_server) as broker:
        own_server.pause()
        try:
            payload = bytes(64 * 1024)
            async with asyncio.timeout(5):
                for _ in range(500):
                    await broker.broadcast("gossip.a", payload)
                    await asyncio.sleep(0)
            assert broker._client.pending_data_size < BROADCAST_PENDING_BYTES + 2 * len(payload)
        finally:
            own_server.resume()


async def test_a_stopped_server_is_noticed_and_missed_messages_are_read(
    own_server: NatsServer,
) -> None:
    async with connected(own_server) as broker, following(broker) as notes:
        await publish_many(broker, 10)
        await wait_until(lambda: len(notes.offsets) == 10)
        own_server.pause()
        await wait_until(lambda: not notes.up, within=15)
        own_server.resume()
        await wait_until(lambda: notes.up)
        await publish_many(broker, 10, subject="contract.b")
        await wait_until(lambda: notes.offsets == list(range(1, 21)))
        assert len(notes.epochs) == 1


async def test_a_recreated_stream_is_a_new_epoch(own_server: NatsServer) -> None:
    async with connected(own_server) as broker, following(broker) as notes:
        await publish_many(broker, 10)
        await wait_until(lambda: len(notes.offsets) == 10)
        await delete_stream(own_server)
        await wait_until(lambda: len(notes.epochs) == 2)
        await publish_many(broker, 3)
        await wait_until(lambda: notes.offsets == [1, 2, 3])
        assert notes.holes == []


async def test_a_purged_stream_goes_on_after_what_was_delivered(own_server: NatsServer) -> None:
    async with connected(own_server) as broker, following(broker) as notes:
        await publish_many(broker, 10)
        await wait_until(lambda: len(notes.offsets) == 10)
        client = await nats.connect(own_server.url)
        await client.jetstream().purge_stream(SPEC.name)
        await client.close()
        await publish_many(broker, 3, subject="contract.b")
        await wait_until(lambda: notes.offsets == list(range(1, 14)))
        assert (len(notes.epochs), notes.holes) == (1, [])


async def test_a_server_restored_from_an_older_disk_starts_a_new_epoch(
    own_server: NatsServer, tmp_path: Path
) -> None:
    store = own_server.directory / "jetstream"
    async with connected(own_server) as broker, following(broker) as notes:
        await publish_many(broker, 10)
        own_server.stop()
        await wait_until(lambda: not notes.up)
        shutil.copytree(store, tmp_path / "backup")
        own_server.start()
        await wait_until(lambda: notes.up)
        await publish_many(broker, 10, subject="contract.b")
        await wait_until(lambda: len(notes.offsets) == 20)
        own_server.stop()
        await wait_until(lambda: not notes.up)
        shutil.rmtree(store)
        shutil.copytree(tmp_path / "backup", store)
        own_server.start()
        await wait_until(lambda: len(notes.epochs) == 2)
        await publish_many(broker, 5, subject="contract.c")
        await wait_until(lambda: notes.offsets == [11, 12, 13, 14, 15])


async def test_a_service_may_start_before_its_broker(tmp_path: Path) -> None:
    server = NatsServer(tmp_path / "nats")
    links: list[bool] = []
    async with connect(server.url, name="early") as broker:
        broker.on_link(links.append)
        with pytest.raises(BrokerUnavailableError):
            await broker.stream_state("S")
        with server:
            await wait_until(lambda: broker.connected)
            assert (await broker.ensure_stream(SPEC)).last == 0
            await wait_until(lambda: links == [True])


@pytest.mark.parametrize("name", ["", "my feed", "feed.eu", "feed>", "*"])
async def test_a_name_that_no_answer_could_be_addressed_by_is_refused(
    server: NatsServer, name: str
) -> None:
    with pytest.raises(BadTokenError, match="client name"):
        async with connect(server.url, name=name):
            pass


async def test_a_cancellation_that_comes_with_the_answer_is_not_lost(server: NatsServer) -> None:
    async with connected(server) as broker:
        await broker.ensure_stream(SPEC)

        async def publish_for_ever() -> None:
            for number in itertools.count():
                await broker.publish("contract.a", b"x", message_id=f"cancel:{id(task)}:{number}")

        for _ in range(200):
            task = asyncio.create_task(publish_for_ever())
            # Cancelled on the very turn of the loop on which an answer is there.
            for _ in range(random.randint(1, 60)):  # noqa: S311 - spreads moments
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task], timeout=2)
            assert task.done()
    await delete_stream(server)
