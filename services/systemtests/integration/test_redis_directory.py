"""The directory of rooms on a real Valkey: the contract, and what can happen to a server."""

from collections.abc import AsyncIterator, Iterator

import pytest

from chat.errors import HistoryUnavailableError
from chat.redis_directory import PREFIX, RedisDirectory, connect
from chat.testing.directory_contract import DirectoryContract, rooms, written
from infra.servers import ValkeyServer
from realtime.subjects import CHAT
from systemtests.valkey import empty, redis


@pytest.fixture(scope="module")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    with ValkeyServer(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture
async def directory(valkey: ValkeyServer) -> AsyncIterator[RedisDirectory]:
    await empty(valkey)
    async with connect(valkey.url, keep=4) as directory:
        yield directory


class TestRedisDirectory(DirectoryContract):
    pass


async def test_every_key_has_the_prefix_and_ages_with_the_stream(
    valkey: ValkeyServer, directory: RedisDirectory
) -> None:
    for number in range(9):
        await directory.note("e100", [written(f"room{number}", number)], first=0)
    async with redis(valkey) as client:
        assert set(await client.keys()) == {f"{PREFIX}{n}".encode() for n in ("e100", "e100:times")}
        most = CHAT.max_age.total_seconds()
        for key in await client.keys():
            assert most - 60 < await client.ttl(key) <= most
        assert await client.hlen(f"{PREFIX}e100:times") == 4


async def test_a_server_that_was_killed_is_an_error_and_found_again(
    valkey: ValkeyServer, directory: RedisDirectory
) -> None:
    await directory.note("e100", [written("a", 1)], first=1)
    valkey.kill()
    try:
        with pytest.raises(HistoryUnavailableError):
            await rooms(directory)
    finally:
        valkey.start()
    await directory.note("e100", [written("b", 2)], first=1)
    assert (await rooms(directory))[0] == "b"
