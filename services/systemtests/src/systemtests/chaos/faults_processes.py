"""Faults of processes: killed, stopped, stuttering, replaced."""

import asyncio
import os
import random
import signal
from collections.abc import Callable

from infra.servers import Server
from systemtests.chaos.fault import Act
from systemtests.chaos.gateways import Gateway
from systemtests.chaos.world import World, until_ready

Which = Callable[[World, random.Random], Server]


def one_feed(world: World, chance: random.Random) -> Gateway:
    """Either replica."""
    return chance.choice(world.feeds)


def one_chat(world: World, chance: random.Random) -> Gateway:
    """Either replica."""
    return chance.choice(world.chats)


def broker(world: World, chance: random.Random) -> Server:
    """The broker, or one of the cluster's."""
    return chance.choice(world.brokers)


def valkey(world: World, _: random.Random) -> Server:
    """The history's store."""
    return world.valkey


def edge(world: World, _: random.Random) -> Server:
    """The edge of the near clients."""
    return world.edge


async def revive(server: Server) -> None:
    """Start it again and wait until it is ready."""
    server.start_nowait()
    await until_ready(server)


def killed(which: Which) -> Act:
    """SIGKILL, and a start some time later."""

    async def act(world: World, chance: random.Random, seconds: float) -> None:
        server = which(world, chance)
        await asyncio.to_thread(server.kill)
        await asyncio.sleep(seconds)
        await revive(server)

    return act


def stopped(which: Which) -> Act:
    """SIGSTOP, and SIGCONT some time later: its ports accept, and nothing answers."""

    async def act(world: World, chance: random.Random, seconds: float) -> None:
        server = which(world, chance)
        _signal_all(server, signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            _signal_all(server, signal.SIGCONT)

    return act


def _signal_all(server: Server, what: signal.Signals) -> None:
    """To its workers, too: nginx answers through them."""
    os.killpg(server.pid, what)


def stutters(which: Which) -> Act:
    """SIGSTOP and SIGCONT in turns: an event loop that stalls again and again."""

    async def act(world: World, chance: random.Random, seconds: float) -> None:
        server = which(world, chance)
        for _ in range(round(seconds / 0.5)):
            server.pause()
            try:
                await asyncio.sleep(chance.uniform(0.1, 0.4))
            finally:
                server.resume()
            await asyncio.sleep(0.1)

    return act


def restarted(which: Which) -> Act:
    """SIGTERM, its own orderly end, and a start."""

    async def act(world: World, chance: random.Random, _: float) -> None:
        server = which(world, chance)
        await asyncio.to_thread(server.stop)
        await revive(server)

    return act


async def both_feeds_killed(world: World, _: random.Random, seconds: float) -> None:
    """Nobody is left to come back to for a while."""
    for server in world.feeds:
        await asyncio.to_thread(server.kill)
    await asyncio.sleep(seconds)
    for server in world.feeds:
        await revive(server)


async def both_chats_killed(world: World, _: random.Random, seconds: float) -> None:
    """Nobody is left to come back to for a while."""
    for server in world.chats:
        await asyncio.to_thread(server.kill)
    await asyncio.sleep(seconds)
    for server in world.chats:
        await revive(server)


async def deployed(world: World, _: random.Random, _seconds: float) -> None:
    """A rolling update of both gateways: one replica after the other leaves and comes back."""
    for number, servers in enumerate(zip(world.feeds, world.chats, strict=True), 1):
        world.route(without=number)
        await asyncio.gather(*(asyncio.to_thread(server.stop) for server in servers))
        for server in servers:
            await revive(server)
        world.route()


async def edge_reloaded(world: World, _: random.Random, seconds: float) -> None:
    """The edge reads its configuration again, several times."""
    for _time in range(max(1, round(seconds))):
        world.edge.reload()
        await asyncio.sleep(1)


async def majority_lost(world: World, chance: random.Random, seconds: float) -> None:
    """Two of three brokers are killed: nothing can be acknowledged until one is back."""
    victims = chance.sample(world.brokers, 2)
    for server in victims:
        await asyncio.to_thread(server.kill)
    await asyncio.sleep(seconds)
    for server in victims:
        server.start_nowait()
    for server in victims:
        await until_ready(server)


async def brokers_rolled(world: World, _: random.Random, _seconds: float) -> None:
    """Each broker is stopped in order and started again, as an update does."""
    for server in world.brokers:
        await asyncio.to_thread(server.stop)
        await revive(server)
