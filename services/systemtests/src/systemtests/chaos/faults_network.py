"""Faults of the network: through links everywhere, by packets where there is a namespace."""

import asyncio
import random
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack

from systemtests.chaos.fault import Act
from systemtests.chaos.netspace import Netspace
from systemtests.chaos.world import World

CLIENTS = ("clients-edge",)


def weather(*ends: str, **changes: object) -> Act:
    """Bad weather on every link whose name has all of ``ends``."""

    async def act(world: World, _: random.Random, seconds: float) -> None:
        with ExitStack() as stack:
            for link in world.links_of(*ends):
                stack.enter_context(link.under(**changes))
            await asyncio.sleep(seconds)

    return act


def cut(*ends: str) -> Act:
    """Silence on such links, and a reset when it ends: what was on its way is gone."""

    async def act(world: World, _: random.Random, seconds: float) -> None:
        with ExitStack() as stack:
            for link in world.links_of(*ends):
                stack.enter_context(link.under(up=False, down=False, connects=False))
                stack.callback(link.reset_all)
            await asyncio.sleep(seconds)

    return act


def half_open(*ends: str) -> Act:
    """Established connections fall silent for good; new ones are well."""

    async def act(world: World, _: random.Random, seconds: float) -> None:
        links = world.links_of(*ends)
        held = [connection for link in links for connection in link.carried]
        for connection in held:
            connection.freeze()
        await asyncio.sleep(seconds)
        for connection in held:
            connection.reset()

    return act


def reset_storm(*ends: str) -> Act:
    """Every connection is reset, again and again."""

    async def act(world: World, chance: random.Random, seconds: float) -> None:
        for _ in range(max(1, round(seconds))):
            for link in world.links_of(*ends):
                link.reset_all()
            await asyncio.sleep(chance.uniform(0.5, 1.5))

    return act


async def half_closed(world: World, _: random.Random, seconds: float) -> None:
    """The server's side says that it is done, and the client's doesn't."""
    for link in world.links_of(*CLIENTS):
        link.half_close()
    await asyncio.sleep(seconds)


async def acks_lost(world: World, chance: random.Random, seconds: float) -> None:
    """What devices and chats publish arrives, and its acknowledgement doesn't."""
    links = [*world.links_of("devices-nats"), *world.links_of("chat", "nats")]
    for _ in range(max(1, round(seconds))):
        with ExitStack() as stack:
            for link in links:
                stack.enter_context(link.under(down=False))
            await asyncio.sleep(chance.uniform(0.3, 0.8))
            for link in links:
                link.reset_all()
        await asyncio.sleep(0.5)


def packets(fault: Callable[[Netspace], AbstractContextManager[None]]) -> Act:
    """What befalls the packets of the namespace."""

    async def act(world: World, _: random.Random, seconds: float) -> None:
        assert world.netspace is not None
        with fault(world.netspace):
            await asyncio.sleep(seconds)

    return act
