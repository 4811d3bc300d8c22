"""Connections to Redis (or Valkey) for what is asked while somebody waits."""

import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Final

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from chat.redis_address import Sentinels, parse_sentinels

ANSWER: Final = timedelta(seconds=0.8)
"""A question and its retry; the driver's default is 5 s with 10 retries."""
SENTINEL_ANSWER: Final = timedelta(seconds=0.2)
"""Each Sentinel has so long: with one dead, the next still answers within `ANSWER`."""


class _Losable:
    """A connection that may be gone when it is written to, which is a lost connection.

    uvloop raises RuntimeError then, which the driver doesn't expect: it would end this process.
    """

    async def send_packed_command(self, *args: Any, **kwargs: Any) -> None:
        try:
            await super().send_packed_command(*args, **kwargs)  # type: ignore[misc]
        except RuntimeError as error:
            raise RedisConnectionError(str(error)) from error


def _with_losable_connections(pool: BlockingConnectionPool) -> None:
    """Whatever kind the address asks for: plain, TLS, or a Sentinel's."""
    kind = pool.connection_class
    pool.connection_class = type(f"Losable{kind.__name__}", (_Losable, kind), {})


class WatchedPool(SentinelConnectionPool, BlockingConnectionPool):
    """Connections to whichever server is the primary; who finds none free waits, as elsewhere.

    The driver's own pool of this kind refuses at once when it is full.
    """


@contextlib.asynccontextmanager
async def open_pool(
    url: str, *, connections: int, connect: timedelta = ANSWER, answer: timedelta = ANSWER
) -> AsyncIterator[BlockingConnectionPool]:
    """At most so many connections to ``url``, for as long as the context lasts.

    ``connect``: how long to wait for a connection, a free one or a new one; ``answer``: for an
    answer. Enters at once, reachable or not.

    Raises:
        ValueError: the URL is none of Redis.
    """
    options: dict[str, Any] = {
        "max_connections": connections,
        "timeout": connect.total_seconds(),
        "socket_connect_timeout": connect.total_seconds(),
        "socket_timeout": answer.total_seconds(),
        # Once, and only where the connection was gone: a pooled one that a restart has cut, or one
        # to a server that is the primary no more. Every script may run twice.
        "retry": Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
    }
    sentinels = parse_sentinels(url)
    async with contextlib.AsyncExitStack() as stack:
        if sentinels is None:
            pool = BlockingConnectionPool.from_url(url, **options)
        else:
            pool = await stack.enter_async_context(_watched(sentinels, options))
        _with_losable_connections(pool)
        try:
            yield pool
        finally:
            with contextlib.suppress(RedisError, OSError, TimeoutError):
                await pool.aclose()


@contextlib.asynccontextmanager
async def _watched(sentinels: Sentinels, options: dict[str, Any]) -> AsyncIterator[WatchedPool]:
    seconds = SENTINEL_ANSWER.total_seconds()
    own = {
        "socket_connect_timeout": seconds,
        "socket_timeout": seconds,
        "retry": Retry(NoBackoff(), 0),
    }
    async with Sentinel(sentinels.addresses, sentinel_kwargs=own) as asked:  # type: ignore[no-untyped-call]
        yield WatchedPool(  # type: ignore[no-untyped-call]
            sentinels.name,
            asked,
            db=sentinels.database,
            username=sentinels.user,
            password=sentinels.password,
            ssl=sentinels.tls,
            **options,
        )


@contextlib.asynccontextmanager
async def open_redis(url: str, *, connections: int) -> AsyncIterator[Redis]:
    """A client for ``url`` for as long as the context lasts. Enters at once, reachable or not.

    Raises:
        ValueError: the URL is none of Redis.
    """
    async with open_pool(url, connections=connections) as pool:
        client = Redis(connection_pool=pool)
        try:
            yield client
        finally:
            with contextlib.suppress(RedisError, OSError, TimeoutError):
                await client.aclose()
