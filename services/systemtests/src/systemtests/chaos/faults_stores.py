"""Faults of what is stored: streams deleted, purged and rolled back, a Valkey emptied or full."""

import asyncio
import random
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import nats
from nats.js import JetStreamContext

from realtime.subjects import CHAT, SENSORS
from systemtests.chaos.faults_processes import revive
from systemtests.chaos.world import World
from systemtests.valkey import empty, redis


@asynccontextmanager
async def jetstream(world: World) -> AsyncIterator[JetStreamContext]:
    """An administrator's connection."""
    client = await nats.connect(world.brokers[0].url)
    try:
        yield client.jetstream()
    finally:
        await client.close()


async def sensors_deleted(world: World, _: random.Random, _seconds: float) -> None:
    """The stream of readings is gone; the feeds make it again."""
    async with jetstream(world) as js:
        await js.delete_stream(SENSORS.name)


async def sensors_purged(world: World, _: random.Random, _seconds: float) -> None:
    """The stream of readings is emptied, its offsets go on."""
    async with jetstream(world) as js:
        await js.purge_stream(SENSORS.name)


async def chat_deleted(world: World, _: random.Random, _seconds: float) -> None:
    """The stream of messages is gone; the chats make it again."""
    async with jetstream(world) as js:
        await js.delete_stream(CHAT.name)


async def rolled_back(world: World, _: random.Random, seconds: float) -> None:
    """A power cut: the broker comes back with an older disk."""
    broker = world.brokers[0]
    store, backup = broker.directory / "jetstream", broker.directory / "older"
    shutil.rmtree(backup, ignore_errors=True)
    await asyncio.to_thread(broker.stop)
    await asyncio.to_thread(shutil.copytree, store, backup)
    await revive(broker)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(broker.kill)
    shutil.rmtree(store)
    await asyncio.to_thread(shutil.copytree, backup, store)
    await revive(broker)


async def valkey_emptied(world: World, _: random.Random, _seconds: float) -> None:
    """FLUSHALL."""
    await empty(world.valkey)


async def valkey_full(world: World, _: random.Random, seconds: float) -> None:
    """No memory left: every write is refused."""
    async with redis(world.valkey) as client:
        await client.config_set("maxmemory", "1")
        try:
            await asyncio.sleep(seconds)
        finally:
            await client.config_set("maxmemory", "256mb")
