"""Connections to Redis (or Valkey) for what is asked while somebody waits."""

import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Final

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

ANSWER: Final = timedelta(seconds=0.8)
"""A question and its retry; the driver's default is 5 s with 10 retries."""


@contextlib.asynccontextmanager
async def open_redis(url: str, *, connections: int) -> AsyncIterator[Redis]:
    """A client for ``url`` for as long as the context lasts. Enters at once, reachable or not.

    Raises:
        ValueError: the URL is none of Redis.
    """
    seconds = ANSWER.total_seconds()
    pool = BlockingConnectionPool.from_url(
        url,
        max_connections=connections,
        timeout=seconds,
        socket_connect_timeout=seconds,
        socket_timeout=seconds,
        # Once, and only where the connection was gone: a pooled one that a restart has cut. Every
        # script may run twice.
        retry=Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
    )
    client = Redis(connection_pool=pool)
    try:
        yield client
    finally:
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            await client.aclose()
        await pool.aclose()
