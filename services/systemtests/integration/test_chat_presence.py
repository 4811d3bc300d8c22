"""Presence and typing of two chats over real servers, with everything killed once."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from chat.presence import lease_of
from chat.redis_directory import connect as connect_directory
from chat.redis_history import connect as connect_history
from chat.redis_presence import connect as connect_presence
from infra.servers import NatsServer, ServiceServer, ValkeyServer, chat_server
from realtime.nats import connect as connect_broker
from realtime.testing import wait_until
from systemtests.running_chat import RunningChat, running_chat
from systemtests.talker import Talker, talking
from systemtests.valkey import empty

TTL = 5.0
"""Seconds; the shortest that may be set."""
SEEN_WITHIN = 2.0
"""Seconds until a member on one replica is told on the other."""


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    with ValkeyServer(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture(scope="module")
def nats(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NatsServer]:
    with NatsServer(tmp_path_factory.mktemp("nats")) as server:
        yield server


@asynccontextmanager
async def served(nats: NatsServer, valkey: ValkeyServer) -> AsyncIterator[RunningChat]:
    lease = lease_of(timedelta(seconds=TTL))
    async with (
        connect_broker(nats.url, name="test") as broker,
        connect_history(valkey.url, keep=1_000, age=timedelta(days=1)) as history,
        connect_presence(valkey.url, lease=lease) as presence,
        connect_directory(valkey.url) as directory,
        running_chat(
            broker, history, presence=presence, directory=directory, presence_ttl=TTL
        ) as running,
    ):
        yield running


@pytest.fixture
async def replicas(nats: NatsServer, valkey: ValkeyServer) -> AsyncIterator[list[RunningChat]]:
    await empty(valkey)
    async with served(nats, valkey) as one, served(nats, valkey) as two:
        yield [one, two]


def told(talker: Talker, count: int) -> bool:
    """Whether the newest presence frame has this count."""
    return [frame["count"] for frame in talker.all("presence")][-1:] == [count]


async def wait_told(talker: Talker, count: int, *, within: float = 10.0) -> None:
    await wait_until(lambda: told(talker, count), what=f"a count of {count}", within=within)


async def test_who_comes_and_goes_on_one_replica_is_seen_on_the_other_within_2_seconds(
    replicas: list[RunningChat],
) -> None:
    one, two = replicas
    async with talking(one.socket, name="ada") as ada:
        assert (await ada.join())["count"] == 1
        await wait_told(ada, 1)
        async with talking(two.socket, name="bob") as bob:
            joined = await bob.join()
            assert (joined["members"], joined["count"]) == (["ada", "bob"], 2)
            await wait_told(ada, 2, within=SEEN_WITHIN)
        await wait_told(ada, 1, within=SEEN_WITHIN)
        frames = ada.all("presence")
        assert [(f["joined"], f["left"]) for f in frames[1:]] == [(["bob"], []), ([], ["bob"])]


async def test_a_hundred_who_come_at_once_are_few_frames(replicas: list[RunningChat]) -> None:
    one, two = replicas
    async with talking(two.socket, name="ada") as ada, AsyncExitStack() as stack:
        await ada.join("crowd")
        began = time.monotonic()
        talkers = [await stack.enter_async_context(talking(one.socket)) for _ in range(100)]
        await asyncio.gather(*(talker.join("crowd") for talker in talkers))
        await wait_told(ada, 101)
        took = time.monotonic() - began
        frames = ada.all("presence")
        assert len(frames) <= took + 1
        assert all(len(frame["joined"]) <= 50 for frame in frames)


@pytest.mark.alone  # how far two frames are apart
async def test_typing_on_one_replica_is_told_on_the_other(replicas: list[RunningChat]) -> None:
    one, two = replicas
    async with talking(one.socket, name="ada") as ada, talking(two.socket, name="bob") as bob:
        await ada.join()
        await bob.join()
        began = time.monotonic()
        since = len(bob.frames)

        async def typed_twice() -> bool:
            await ada.say("typing", room="lobby")
            return len(bob.all("typing", since=since)) == 2

        await wait_until(typed_twice, what="two frames")
        assert 2.9 < time.monotonic() - began < 4.5
        assert all(frame["users"] == ["ada"] for frame in bob.all("typing"))
        assert not ada.all("error")
        assert (await bob.history())["messages"] == []


async def test_hostile_words_are_dropped_and_presence_goes_on(
    replicas: list[RunningChat], nats: NatsServer
) -> None:
    one, two = replicas
    async with (
        talking(one.socket, name="ada") as ada,
        connect_broker(nats.url, name="hostile") as hostile,
    ):
        await ada.join()
        await wait_told(ada, 1)
        await wait_until(lambda: hostile.connected)
        for payload in (b"", b"{", b'{"count":1e999}', b"\x00" * 100_000):
            await hostile.broadcast("presence.lobby", payload)
            await hostile.broadcast("typing.lobby", payload)
        heard = one.chat.replica.attendance.announcements
        await wait_until(lambda: heard.unreadable.total() == 8)
        async with talking(two.socket, name="bob") as bob:
            await bob.join()
            await wait_told(ada, 2)
        assert not ada.all("typing")


async def test_a_lie_about_the_count_lasts_until_the_next_beat(
    replicas: list[RunningChat], nats: NatsServer
) -> None:
    one, _ = replicas
    async with (
        talking(one.socket, name="ada") as ada,
        connect_broker(nats.url, name="hostile") as hostile,
    ):
        await ada.join()
        await wait_told(ada, 1)
        await wait_until(lambda: hostile.connected)
        await hostile.broadcast(
            "presence.lobby", b'{"replica":"x","joined":["eve"],"left":[],"count":7}'
        )
        await wait_until(lambda: len(ada.all("presence")) >= 2)
        await wait_told(ada, 1)


async def test_without_redis_a_replica_shows_its_own_and_recovers(
    replicas: list[RunningChat], valkey: ValkeyServer
) -> None:
    one, two = replicas
    async with talking(one.socket, name="ada") as ada, talking(two.socket, name="bob") as bob:
        await ada.join()
        await bob.join()
        await wait_told(ada, 2)
        valkey.kill()
        try:
            await wait_told(ada, 1)
            assert one.chat.health.ready
            async with talking(one.socket, name="eve") as eve:
                began = time.monotonic()
                joined = await eve.join()
                assert (joined["members"], joined["count"]) == (["ada", "eve"], 2)
                assert time.monotonic() - began < 2
                await wait_told(ada, 2)
            await wait_told(ada, 1)
        finally:
            valkey.start()
        for talker in (ada, bob):
            await wait_told(talker, 2)
        assert (await ada.join())["members"] == ["ada", "bob"]


async def test_an_emptied_redis_is_told_everything_anew(
    replicas: list[RunningChat], valkey: ValkeyServer
) -> None:
    one, two = replicas
    async with talking(one.socket, name="ada") as ada, talking(two.socket, name="bob") as bob:
        await ada.join()
        await bob.join()
        await wait_told(ada, 2)
        await empty(valkey)

        async def complete() -> bool:
            return (await two.chat.replica.attendance.counts(["lobby"])) == [2]

        await wait_until(complete)
        for talker in (ada, bob):
            await wait_told(talker, 2)


async def test_rooms_are_listed_with_members_of_both_replicas(
    replicas: list[RunningChat],
) -> None:
    one, two = replicas
    async with talking(one.socket, name="ada") as ada, talking(two.socket, name="bob") as bob:
        await ada.join("listed")
        await bob.join("listed")
        ack = await ada.post("c1", room="listed")
        await wait_told(ada, 2)
        async with httpx2.AsyncClient(base_url=two.url) as client:

            async def listed() -> bool:
                rooms = (await client.get("/rooms", params={"limit": 1})).json()["rooms"]
                return [(r["room"], r["count"], r["position"]) for r in rooms] == [
                    ("listed", 2, ack["position"])
                ]

            await wait_until(listed)


# ------------------------------------------------------------------ processes


def chat_process(directory: Path, nats: NatsServer, valkey: ValkeyServer) -> ServiceServer:
    return chat_server(
        directory,
        nats_url=nats.url,
        redis_url=valkey.url,
        settings={"PRESENCE_TTL": str(TTL), "LOG_FORMAT": "json"},
    )


def socket_of(server: ServiceServer) -> str:
    return server.url.replace("http", "ws", 1) + "/ws"


async def test_members_of_a_killed_replica_are_gone_within_the_ttl(
    tmp_path: Path, nats: NatsServer, valkey: ValkeyServer
) -> None:
    await empty(valkey)
    async with AsyncExitStack() as stack:
        one = stack.enter_context(chat_process(tmp_path / "one", nats, valkey))
        two = stack.enter_context(chat_process(tmp_path / "two", nats, valkey))
        ada = await stack.enter_async_context(talking(socket_of(one), name="ada"))
        for _ in range(20):
            guest = await stack.enter_async_context(talking(socket_of(two)))
            await guest.join()
        await ada.join()
        await wait_told(ada, 21)
        two.kill()
        began = time.monotonic()
        await wait_told(ada, 1)
        assert time.monotonic() - began < TTL
        assert len(ada.all("presence")[-1]["left"]) == 20
        assert (await ada.join())["members"] == ["ada"]


async def test_a_replica_that_hung_for_longer_than_the_ttl_comes_back_with_its_members(
    tmp_path: Path, nats: NatsServer, valkey: ValkeyServer
) -> None:
    await empty(valkey)
    async with AsyncExitStack() as stack:
        one = stack.enter_context(chat_process(tmp_path / "one", nats, valkey))
        two = stack.enter_context(chat_process(tmp_path / "two", nats, valkey))
        ada = await stack.enter_async_context(talking(socket_of(one), name="ada"))
        bob = await stack.enter_async_context(talking(socket_of(two), name="bob"))
        await ada.join()
        await bob.join()
        await wait_told(ada, 2)
        two.pause()
        await wait_told(ada, 1)
        two.resume()
        await wait_told(ada, 2)
        assert ada.all("presence")[-1]["joined"] == ["bob"]
        await wait_told(bob, 2)


async def test_a_replica_that_is_stopped_takes_its_members_with_it_at_once(
    tmp_path: Path, nats: NatsServer, valkey: ValkeyServer
) -> None:
    await empty(valkey)
    async with AsyncExitStack() as stack:
        one = stack.enter_context(chat_process(tmp_path / "one", nats, valkey))
        two = stack.enter_context(chat_process(tmp_path / "two", nats, valkey))
        ada = await stack.enter_async_context(talking(socket_of(one), name="ada"))
        bob = await stack.enter_async_context(talking(socket_of(two), name="bob"))
        await ada.join()
        await bob.join()
        await wait_told(ada, 2)
        assert await asyncio.to_thread(two.stop) in (0, 143)
        await wait_told(ada, 1, within=SEEN_WITHIN)
