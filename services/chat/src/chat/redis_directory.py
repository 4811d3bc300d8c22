"""The directory of rooms on Redis (or Valkey): a sorted set by offset, and the times beside it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from chat.directory import ROOMS_KEPT, Written
from chat.errors import HistoryUnavailableError, Unavailable
from chat.redis_connection import ANSWER, open_redis
from realtime.subjects import CHAT

PREFIX: Final = "chat:rooms:"
CONNECTIONS: Final = 4

# KEYS offsets, times; ARGV rooms kept, oldest offset of the stream, seconds to live, then room,
# offset and time of each.
_NOTE: Final = """
for i = 4, #ARGV, 3 do
  if redis.call('ZADD', KEYS[1], 'GT', 'CH', ARGV[i + 1], ARGV[i]) == 1 then
    redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 2])
  end
end
local gone = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', '(' .. ARGV[2], 'LIMIT', 0, 1000)
local over = redis.call('ZCARD', KEYS[1]) - #gone - tonumber(ARGV[1])
if over > 0 then gone = redis.call('ZRANGE', KEYS[1], 0, #gone + over - 1) end
for _, room in ipairs(gone) do
  redis.call('ZREM', KEYS[1], room)
  redis.call('HDEL', KEYS[2], room)
end
redis.call('EXPIRE', KEYS[1], ARGV[3])
redis.call('EXPIRE', KEYS[2], ARGV[3])
return 1
"""

# KEYS offsets, times; ARGV highest offset, limit.
_PAGE: Final = """
local found = redis.call(
  'ZREVRANGEBYSCORE', KEYS[1], ARGV[1], '-inf', 'WITHSCORES', 'LIMIT', 0, ARGV[2])
local rooms = {}
for i = 1, #found, 2 do
  rooms[#rooms + 1] = {found[i], found[i + 1], redis.call('HGET', KEYS[2], found[i])}
end
return rooms
"""


class RedisDirectory:
    """Rooms by their newest message. ``keep``: how many."""

    def __init__(self, redis: Redis, *, keep: int = ROOMS_KEPT) -> None:
        self._keep = keep
        self._note = redis.register_script(_NOTE)
        self._page = redis.register_script(_PAGE)

    async def note(self, epoch: str, written: Sequence[Written], *, first: int) -> None:
        """Take newer messages of rooms."""
        args: list[Any] = [self._keep, first, int(CHAT.max_age.total_seconds())]
        for room in written:
            args += [room.room, room.offset, repr(room.time)]
        await _ask(partial(self._note, keys=_keys(epoch), args=args))

    async def page(self, epoch: str, *, before: int | None, limit: int) -> list[Written]:
        """Rooms whose newest message is older than offset ``before``, the newest first."""
        highest = "+inf" if before is None else f"({before}"
        found = await _ask(partial(self._page, keys=_keys(epoch), args=[highest, limit]))
        return [Written(room.decode(), int(float(at)), float(time)) for room, at, time in found]


@contextlib.asynccontextmanager
async def connect(url: str, *, keep: int = ROOMS_KEPT) -> AsyncIterator[RedisDirectory]:
    """The directory at ``url`` for as long as the context lasts. Enters at once, reachable or not.

    Raises:
        ValueError: the URL is none of Redis.
    """
    async with open_redis(url, connections=CONNECTIONS) as redis:
        yield RedisDirectory(redis, keep=keep)


def _keys(epoch: str) -> list[str]:
    return [f"{PREFIX}{epoch}", f"{PREFIX}{epoch}:times"]


async def _ask(call: Callable[[], Awaitable[Any]]) -> Any:
    """Make a driver's call; whatever goes wrong, the list is unavailable."""
    try:
        async with asyncio.timeout(ANSWER.total_seconds()):
            return await call()
    except (RedisError, OSError, TimeoutError) as error:
        detail = f"{type(error).__name__}: {error}"
        raise HistoryUnavailableError(Unavailable.DOWN, detail) from error
