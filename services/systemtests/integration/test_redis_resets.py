"""A store whose connections are reset at any moment is a store that is away, and nothing worse."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
import uvloop
from redis.asyncio import BlockingConnectionPool
from redis.exceptions import ConnectionError as RedisConnectionError

from chat.redis_connection import open_pool


def on_uvloop(coroutine: Coroutine[Any, Any, None]) -> None:
    """What chat runs on; asyncio's own loop takes a write to a closed transport without a word."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(coroutine)


async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        await reader.read()
    except OSError:
        pass
    finally:
        writer.transport.abort()


async def write_to_a_closed_connection() -> None:
    async with await asyncio.start_server(listen, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with open_pool(f"redis://127.0.0.1:{port}/?protocol=2", connections=1) as pool:
            assert isinstance(pool, BlockingConnectionPool)
            connection = pool.make_connection()  # type: ignore[no-untyped-call]
            await connection._connect()
            connection._writer.transport.abort()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            with pytest.raises(RedisConnectionError):
                await connection.send_command("PING", check_health=False)


def test_a_write_to_a_connection_that_just_closed_is_a_lost_connection() -> None:
    on_uvloop(write_to_a_closed_connection())
