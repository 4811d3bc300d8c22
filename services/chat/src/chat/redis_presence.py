"""Presence on Redis (or Valkey): each member once, held by as many replicas as it has.

A replica renews one key, however many members it holds; when that is gone, any other replica takes
its members out. What is stored is laid out in `chat.redis_presence_scripts`.
"""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Final

from redis.asyncio import Redis
from redis.commands.core import AsyncScript
from redis.exceptions import RedisError

from chat.presence import (
    Changes,
    PresenceForgottenError,
    PresenceUnavailableError,
    Roster,
    Told,
)
from chat.redis_connection import ANSWER, open_redis
from chat.redis_presence_scripts import BEAT, BEGIN, COUNTS, REAP, ROSTER, WRITE
from chat.rooms import MEMBERS_TOLD

PREFIX: Final = "chat:presence:"
REAPED_AT_ONCE: Final = 500
CONNECTIONS: Final = 8


class RedisPresence:
    """One replica's registrations. ``lease`` is how long one lasts that isn't renewed."""

    def __init__(self, redis: Redis, *, lease: timedelta) -> None:
        self._redis = redis
        self._lease = int(lease / timedelta(milliseconds=1))
        self._id = ""
        self._writes = 0
        self._former: list[str] = []
        self._begin = redis.register_script(BEGIN)
        self._write = redis.register_script(WRITE)
        self._beat = redis.register_script(BEAT)
        self._reap = redis.register_script(REAP)
        self._roster = redis.register_script(ROSTER)
        self._counts = redis.register_script(COUNTS)

    async def begin(self) -> None:
        """Start a registration that holds nobody yet."""
        # A new id each time: whatever the store still has of the old one is let go as a whole.
        new = secrets.token_hex(8)
        keys = [_lease_key(new), PREFIX + "replicas"]
        await self._ask(self._begin, keys, [self._lease, new])
        if self._id:
            self._former.append(self._id)
        self._id, self._writes = new, 0

    async def write(self, changes: Mapping[str, Changes]) -> list[Told]:
        """Hold those who came, let go those who went."""
        keys = [_lease_key(self._id), f"{PREFIX}rooms:{self._id}"]
        args: list[Any] = [self._lease, self._writes, self._writes + 1]
        for room, change in changes.items():
            keys += [_room_key(room), f"{PREFIX}of:{self._id}:{room}"]
            args += [room, len(change.joined), len(change.left), *change.joined, *change.left]
        answer = _remembered(await self._ask(self._write, keys, args))
        self._writes += 1
        return [
            Told(room, _names(joined), _names(left), count)
            for room, (joined, left, count) in zip(changes, answer, strict=True)
        ]

    async def settle(self) -> None:
        """Give up the registrations before the last `begin`."""
        if self._former:
            await self._delete(*map(_lease_key, self._former))
            self._former.clear()

    async def beat(self, rooms: Sequence[str]) -> list[int]:
        """Renew the lease; how many members each of ``rooms`` has."""
        keys = [_lease_key(self._id), *map(_room_key, rooms)]
        answer = await self._ask(self._beat, keys, [self._lease, self._writes])
        counts: list[int] = _remembered(answer)
        return counts

    async def reap(self) -> list[Told]:
        """Let go a page of those whom only a dead replica held."""
        keys = [PREFIX + "replicas"]
        answer = await self._ask(self._reap, keys, [PREFIX, REAPED_AT_ONCE])
        return [Told(room.decode(), (), _names(left), count) for room, left, count in answer]

    async def roster(self, room: str) -> Roster:
        """The first members of a room: those on one replica before those on several."""
        names, count = await self._ask(self._roster, [_room_key(room)], [MEMBERS_TOLD])
        return Roster(sorted(_names(names)), count)

    async def counts(self, rooms: Sequence[str]) -> list[int]:
        """How many members each of ``rooms`` has."""
        found: list[int] = await self._ask(self._counts, list(map(_room_key, rooms)), [])
        return found

    async def resign(self) -> None:
        """Give up the lease."""
        if self._id:
            await self._delete(*map(_lease_key, [*self._former, self._id]))
            self._id = ""
            self._former.clear()

    async def _delete(self, *keys: str) -> None:
        await self._answered(partial(self._redis.delete, *keys))

    async def _ask(self, script: AsyncScript, keys: list[str], args: list[Any]) -> Any:
        return await self._answered(partial(script, keys=keys, args=args))

    async def _answered(self, call: Any) -> Any:
        """Make a driver's call; whatever goes wrong, presence is unavailable."""
        try:
            async with asyncio.timeout(ANSWER.total_seconds()):
                return await call()
        except (RedisError, OSError, TimeoutError) as error:
            detail = f"{type(error).__name__}: {error}"
            raise PresenceUnavailableError(detail) from error


@contextlib.asynccontextmanager
async def connect(url: str, *, lease: timedelta) -> AsyncIterator[RedisPresence]:
    """Presence at ``url`` for as long as the context lasts. Enters at once, reachable or not.

    Raises:
        ValueError: the URL is none of Redis.
    """
    async with open_redis(url, connections=CONNECTIONS) as redis:
        yield RedisPresence(redis, lease=lease)


def _remembered(answer: Any) -> Any:
    if answer is None:
        raise PresenceForgottenError
    return answer


def _lease_key(replica: str) -> str:
    return f"{PREFIX}replica:{replica}"


def _room_key(room: str) -> str:
    return f"{PREFIX}room:{room}"


def _names(found: Sequence[bytes]) -> list[str]:
    return [name.decode() for name in found]
