"""Faults of wall clocks: they step by an hour, on all hosts or on one."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from math import nan
from typing import Final

from realtime.client import Chat, CommandRefusedError, UnconfirmedError
from realtime.testing import wait_until
from systemtests.chaos.gateways import Gateway, Store
from systemtests.chaos.world import World, until_ready
from systemtests.listener import listening
from systemtests.replicas import metrics_of
from systemtests.valkey import redis
from systemtests.wall_clock import HOUR, Clocked

_WITHIN: Final = 90.0
_NEAR: Final = 60
"""Seconds: between a clock and one that is an hour off, this tells them apart."""


async def clocks_step(world: World, _: random.Random, seconds: float) -> None:
    """All of them, Valkey's too: an hour ahead, an hour behind, and right again."""
    async with _nobody_ages(world):
        for offset in (HOUR, -HOUR, 0):
            await _step(world, dict.fromkeys(world.clocks, offset))
            await asyncio.sleep(seconds / 3)


async def one_host_is_off(world: World, chance: random.Random, seconds: float) -> None:
    """The clocks of one replica of each gateway are an hour ahead, or behind, of the others'."""
    number, offset = chance.choice((1, 2)), chance.choice((HOUR, -HOUR))
    async with _nobody_ages(world):
        for off in (offset, 0):
            await _step(world, {f"feed{number}": off, f"chat{number}": off})
            await asyncio.sleep(seconds / 2)


async def begins_off(world: World, chance: random.Random, seconds: float) -> None:
    """One replica of each is started with a clock that is an hour off, and it is set right then."""
    number, offset = chance.choice((1, 2)), chance.choice((HOUR, -HOUR))
    victims = (world.feeds[number - 1], world.chats[number - 1])
    for server in victims:
        await asyncio.to_thread(server.kill)
        world.clocks[server.directory.name].set(offset)
        server.start_nowait()
    for server in victims:
        await until_ready(server)
    async with _nobody_ages(world):
        await asyncio.sleep(seconds)
        await _step(world, {server.directory.name: 0 for server in victims})


async def _step(world: World, offsets: Mapping[str, int]) -> None:
    """Set clocks, and wait until everybody goes by theirs."""
    for name, offset in offsets.items():
        world.clocks[name].set(offset)
    for server in (*world.feeds, *world.chats, world.valkey):
        name = server.directory.name
        if name in offsets:
            taken = partial(_goes_by, server, offsets[name])
            await wait_until(taken, what=f"{name}'s clock to step", within=_WITHIN)


async def _goes_by(server: Clocked, offset: int) -> bool:
    return abs(await _time_of(server) - time.time() - offset) < _NEAR


async def _time_of(server: Clocked) -> float:
    match server:
        case Store():
            return await _time_of_store(server)
        case Gateway(name="feed"):
            return await _time_of_feed(server)
        case Gateway():
            return await _time_of_chat(server)
    raise TypeError(server)


async def _time_of_store(server: Store) -> float:
    async with redis(server) as client:
        seconds, _ = await client.time()
        return float(seconds)


async def _time_of_feed(server: Gateway) -> float:
    async with listening(server.url + "/readings") as listener:
        await wait_until(lambda: listener.events or listener.ended or listener.error)
        hello = listener.of("hello")
        return float(hello[0].data["server_time"]) if hello else nan


async def _time_of_chat(server: Gateway) -> float:
    async with Chat(server.url, name="clockmaker") as chat:
        try:
            room = await chat.join("clocks", recent=False)
            await room.post("what is the time?", within=timedelta(seconds=_WITHIN))
            async with asyncio.timeout(_WITHIN):
                return (await anext(room)).time
        except (CommandRefusedError, UnconfirmedError, TimeoutError):
            return nan  # the broker is away, in a random mix


@asynccontextmanager
async def _nobody_ages(world: World) -> AsyncIterator[None]:
    """No connection becomes an hour older; one may come of age by itself in a long run."""
    gateways = (*world.feeds, *world.chats)
    before = [await _aged(server) for server in gateways]
    yield
    for server, was in zip(gateways, before, strict=True):
        count = await _aged(server) - was
        assert count <= 1, f"{server.directory.name} took {count} connections for old"


async def _aged(server: Gateway) -> int:
    return int((await metrics_of(server))[f"{server.name}_aged_total"])
