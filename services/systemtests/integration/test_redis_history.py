"""History on a real Valkey: the contract, and what can happen to a server."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from chat.errors import HistoryUnavailableError
from chat.history import Page, Span
from chat.redis_history import PREFIX, RedisHistory, connect
from chat.testing.history_contract import HistoryContract, entry, page
from infra.servers import ValkeyServer
from realtime.position import Position
from realtime.testing import wait_until
from systemtests.valkey import empty, redis

AGE = timedelta(hours=1)
WITHIN = 1.0
"""Seconds in which history answers, one way or the other."""


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    with ValkeyServer(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture
async def history(valkey: ValkeyServer) -> AsyncIterator[RedisHistory]:
    await empty(valkey)
    async with connect(valkey.url, keep=10, age=AGE) as history:
        yield history


@pytest.fixture
async def other(valkey: ValkeyServer) -> AsyncIterator[RedisHistory]:
    async with connect(valkey.url, keep=10, age=AGE) as history:
        yield history


class TestRedisHistory(HistoryContract):
    pass


async def test_every_key_has_the_prefix_and_rooms_age_with_the_stream(
    valkey: ValkeyServer, history: RedisHistory
) -> None:
    await history.lead()
    await history.store(page([entry(1), entry(2, room="attic")], seen=None, upto=2))
    async with redis(valkey) as client:
        names = ("lease", "position", "e100:lobby", "e100:attic")
        assert set(await client.keys()) == {f"{PREFIX}{name}".encode() for name in names}
        most = AGE.total_seconds()
        assert most - 60 < await client.ttl(f"{PREFIX}e100:lobby") <= most
        assert 0 < await client.pttl(f"{PREFIX}lease") <= 5_000
        assert await client.ttl(f"{PREFIX}position") == -1


async def test_a_lease_ends_by_itself(
    valkey: ValkeyServer, history: RedisHistory, other: RedisHistory
) -> None:
    assert (await history.lead()).held
    async with redis(valkey) as client:
        await client.pexpire(f"{PREFIX}lease", 1)

    async def taken_over() -> bool:
        return (await other.lead()).held

    await wait_until(taken_over)
    assert not (await history.lead()).held
    assert not await history.store(page([entry(1)], seen=None, upto=1))


async def test_scripts_that_the_server_forgot_are_loaded_again(
    valkey: ValkeyServer, history: RedisHistory
) -> None:
    await history.lead()
    async with redis(valkey) as client:
        await client.script_flush()
    assert await history.store(page([entry(1)], seen=None, upto=1))
    assert (await history.read(Span(room="lobby", limit=1), epoch="e100")).entries


async def test_text_of_any_kind_comes_back(history: RedisHistory) -> None:
    await history.lead()
    payloads = [
        b'{"text":"a:b:c"}',
        '{"text":"日本 🎈"}'.encode(),
        b'{"text":"\\u0000\\n"}',
        b"7:8:9",
    ]
    entries = [
        replace(entry(number), payload=payload) for number, payload in enumerate(payloads, start=1)
    ]
    await history.store(page(entries, seen=None, upto=4))
    found = await history.read(Span(room="lobby", limit=9), epoch="e100")
    assert [item.payload for item in found.entries] == payloads


async def test_foreign_values_in_our_keys_are_an_unavailable_history(
    valkey: ValkeyServer, history: RedisHistory
) -> None:
    async with redis(valkey) as client:
        await client.set(f"{PREFIX}position", "nonsense")
        await client.set(f"{PREFIX}e100:lobby", "not a sorted set")
        assert (await history.lead()).position is None
        with pytest.raises(HistoryUnavailableError):
            await history.read(Span(room="lobby", limit=1), epoch="e100")


async def test_a_full_server_is_an_error_and_not_a_loss(
    valkey: ValkeyServer, history: RedisHistory
) -> None:
    await history.lead()
    await history.store(page([entry(1)], seen=None, upto=1))
    async with redis(valkey) as client:
        try:
            await client.config_set("maxmemory", "1")
            with pytest.raises(HistoryUnavailableError):
                await history.store(page([entry(2)], seen=1, upto=2))
        finally:
            await client.config_set("maxmemory", "0")
    assert (await history.lead()).position == Position("e100", 1)
    assert await history.store(page([entry(2)], seen=1, upto=2))


@pytest.mark.alone  # a second at most, of which the answer may take 0.8
async def test_a_server_that_hangs_is_given_up_within_a_second_and_then_at_once(
    valkey: ValkeyServer, history: RedisHistory
) -> None:
    await history.lead()
    valkey.pause()
    try:
        for most in (WITHIN, 0.05):
            began = time.monotonic()
            with pytest.raises(HistoryUnavailableError):
                await history.read(Span(room="lobby", limit=1), epoch="e100")
            assert time.monotonic() - began < most
    finally:
        valkey.resume()
    assert (await history.lead()).held
    await history.read(Span(room="lobby", limit=1), epoch="e100")


async def test_a_server_that_was_killed_is_found_again(tmp_path: Path) -> None:
    with ValkeyServer(tmp_path / "valkey") as server:
        async with connect(server.url, keep=10, age=AGE) as history:
            # Several connections in the pool, all of which the kill cuts.
            await asyncio.gather(*(history.lead() for _ in range(8)))
            server.kill()
            began = time.monotonic()
            with pytest.raises(HistoryUnavailableError):
                await history.read(Span(room="lobby", limit=1), epoch="e100")
            assert time.monotonic() - began < WITHIN
            server.start()
            for _ in range(8):
                await history.lead()


async def test_a_page_of_the_longest_messages_is_stored(history: RedisHistory) -> None:
    await history.lead()
    entries = [replace(entry(number), payload=b"x" * 25_000) for number in range(1, 501)]
    whole = Page(entries=entries, seen=None, upto=Position("e100", 500))
    assert await history.store(whole)
