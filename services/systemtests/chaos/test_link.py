"""The link does to bytes what its weather says, and nothing in fair weather."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from realtime.testing import wait_until
from systemtests.chaos.link import Link, linked

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while part := await reader.read(65_536):
            writer.write(part)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()


@asynccontextmanager
async def link_to_echo() -> AsyncIterator[Link]:
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    async with server, linked("test", f"{host}:{port}", random.Random(1)) as link:  # noqa: S311
        yield link


@asynccontextmanager
async def connected(link: Link) -> AsyncIterator[Ends]:
    host, _, port = link.address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def answered(ends: Ends, word: bytes, *, within: float = 10.0) -> bytes:
    ends[1].write(word)
    return await asyncio.wait_for(ends[0].readexactly(len(word)), within)


async def test_in_fair_weather_everything_passes_whole() -> None:
    word = random.Random(2).randbytes(1_000_000)  # noqa: S311 - a pattern
    async with link_to_echo() as link, connected(link) as ends:
        assert await answered(ends, word) == word


async def test_a_delay_holds_bytes_back_each_way() -> None:
    async with link_to_echo() as link, connected(link) as ends:
        with link.under(delay=0.1):
            began = time.monotonic()
            await answered(ends, b"x")
            assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize("direction", ["up", "down"])
async def test_silence_passes_nothing_and_loses_nothing(direction: str) -> None:
    async with link_to_echo() as link, connected(link) as ends:
        with link.under(**{direction: False}):
            with pytest.raises(TimeoutError):
                await answered(ends, b"x", within=0.2)
        assert await asyncio.wait_for(ends[0].readexactly(1), 10) == b"x"


async def test_a_reset_is_felt_as_one_and_later_connections_are_well() -> None:
    async with link_to_echo() as link:
        async with connected(link) as ends:
            await answered(ends, b"x")
            link.reset_all()
            with pytest.raises(ConnectionResetError):
                await asyncio.wait_for(ends[0].read(), 10)
        async with connected(link) as ends:
            assert await answered(ends, b"x") == b"x"
        with link.under(connects=False):
            async with connected(link) as ends:
                with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
                    await answered(ends, b"x")


async def test_a_half_close_is_the_end_of_what_comes_and_not_of_what_goes() -> None:
    async with link_to_echo() as link, connected(link) as ends:
        await answered(ends, b"x")
        link.half_close()
        assert await asyncio.wait_for(ends[0].read(), 10) == b""
        assert not ends[1].is_closing()


async def test_a_connection_that_is_frozen_says_nothing_while_others_go_on() -> None:
    async with link_to_echo() as link, connected(link) as old:
        await answered(old, b"x")
        for carried in link.carried:
            carried.freeze()
        with pytest.raises(TimeoutError):
            await answered(old, b"x", within=0.2)
        async with connected(link) as new:
            assert await answered(new, b"x") == b"x"


async def test_a_connection_is_reset_after_so_many_bytes() -> None:
    async with link_to_echo() as link, connected(link) as ends:
        with link.under(reset_after=1_000):
            await answered(ends, b"x" * 100)
            with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
                await answered(ends, b"x" * 5_000)
            await wait_until(lambda: not link.carried)


async def test_a_rate_makes_much_take_long() -> None:
    async with link_to_echo() as link, connected(link) as ends:
        with link.under(rate=100_000.0):
            began = time.monotonic()
            await answered(ends, b"x" * 20_000)
            assert time.monotonic() - began >= 0.3
