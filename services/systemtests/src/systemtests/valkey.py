"""A look into a real Valkey, past the service that uses it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis.asyncio import Redis

from infra.servers import ValkeyServer


@asynccontextmanager
async def redis(server: ValkeyServer) -> AsyncIterator[Redis]:
    """A client of ``server`` while the context lasts."""
    client = Redis.from_url(server.url)
    try:
        yield client
    finally:
        await client.aclose()


async def empty(server: ValkeyServer) -> None:
    """Remove everything that ``server`` holds."""
    async with redis(server) as client:
        await client.flushall()
