"""Presence on a real Valkey: the contract, and what can happen to a server and to a replica."""

import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest

from chat.presence import PresenceForgottenError, PresenceUnavailableError, Roster
from chat.redis_presence import PREFIX, RedisPresence, connect
from chat.testing.presence_contract import PresenceContract, came, plain, reap_all, went
from infra.servers import ValkeyServer
from realtime.testing import wait_until
from systemtests.valkey import empty, redis

LEASE = timedelta(seconds=30)
WITHIN = 1.0
"""Seconds in which presence answers, one way or the other."""


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    with ValkeyServer(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture
async def store(valkey: ValkeyServer) -> AsyncIterator[RedisPresence]:
    await empty(valkey)
    async with connect(valkey.url, lease=LEASE) as store:
        yield store


@pytest.fixture
async def other(valkey: ValkeyServer) -> AsyncIterator[RedisPresence]:
    async with connect(valkey.url, lease=LEASE) as store:
        yield store


class TestRedisPresence(PresenceContract):
    pass


async def test_nothing_is_left_of_a_replica_that_was_reaped(
    valkey: ValkeyServer, store: RedisPresence
) -> None:
    await store.begin()
    await store.write(came("ada") | came("bob", room="attic"))
    async with redis(valkey) as client:
        assert len(await client.keys()) == len(await client.keys(f"{PREFIX}*")) == 7
        (lease,) = await client.keys(f"{PREFIX}replica:*")
        assert 0 < await client.pttl(lease) <= LEASE.total_seconds() * 1_000
        await store.resign()
        await reap_all(store)
        assert await client.keys() == []


@pytest.mark.alone  # how long a lease of a second lasts
async def test_a_lease_ends_by_itself_and_is_renewed_by_writes_and_beats(
    other: RedisPresence, valkey: ValkeyServer
) -> None:
    async with connect(valkey.url, lease=timedelta(seconds=1)) as brief:
        await brief.begin()
        await brief.write(came("ada"))
        began = time.monotonic()

        async def renewed() -> bool:
            await brief.beat([])
            return time.monotonic() - began > 1.5

        await wait_until(renewed)
        assert await other.reap() == []
        died = time.monotonic()
        gone: list[object] = []

        async def reaped() -> bool:
            gone.extend(await other.reap())
            return bool(gone)

        await wait_until(reaped)
        assert 0.8 < time.monotonic() - died < 1.5
        with pytest.raises(PresenceForgottenError):
            await brief.beat([])


async def test_a_server_that_lost_the_last_writes_is_noticed(
    store: RedisPresence, valkey: ValkeyServer
) -> None:
    await store.begin()
    await store.write(came("ada"))
    async with redis(valkey) as client:
        (lease,) = await client.keys(f"{PREFIX}replica:*")
        await client.set(lease, "0", px=30_000)
    with pytest.raises(PresenceForgottenError):
        await store.beat([])
    with pytest.raises(PresenceForgottenError):
        await store.write(came("bob"))
    await store.begin()
    assert plain(await store.write(came("ada", "bob"))) == [("lobby", ["bob"], [], 2)]
    await store.settle()
    assert await reap_all(store) == [("lobby", [], [], 2)]


async def test_a_server_that_was_killed_is_found_again(
    store: RedisPresence, valkey: ValkeyServer
) -> None:
    await store.begin()
    await store.write(came("ada"))
    valkey.kill()
    try:
        began = time.monotonic()
        with pytest.raises(PresenceUnavailableError):
            await store.roster("lobby")
        assert time.monotonic() - began < WITHIN
    finally:
        valkey.start()
    await store.begin()
    await store.write(came("ada", "eve"))
    await store.settle()
    await reap_all(store)
    assert await store.roster("lobby") == Roster(["ada", "eve"], 2)


@pytest.mark.alone  # a second at most, of which the answer may take 0.8
async def test_a_server_that_hangs_is_given_up_within_a_second(
    store: RedisPresence, valkey: ValkeyServer
) -> None:
    await store.begin()
    valkey.pause()
    try:
        for call in (store.beat([]), store.roster("lobby"), store.write(went("ada"))):
            began = time.monotonic()
            with pytest.raises(PresenceUnavailableError):
                await call
            assert time.monotonic() - began < WITHIN
    finally:
        valkey.resume()


async def test_foreign_values_in_our_keys_are_an_unavailable_presence(
    store: RedisPresence, valkey: ValkeyServer
) -> None:
    await store.begin()
    async with redis(valkey) as client:
        await client.set(f"{PREFIX}room:lobby", "not a sorted set")
    with pytest.raises(PresenceUnavailableError):
        await store.roster("lobby")


async def test_scripts_that_the_server_forgot_are_loaded_again(
    store: RedisPresence, valkey: ValkeyServer
) -> None:
    await store.begin()
    async with redis(valkey) as client:
        await client.script_flush()
    assert plain(await store.write(came("ada"))) == [("lobby", ["ada"], [], 1)]
