"""History on Redis (or Valkey).

Keys, all below ``chat:history:<version>:``: ``position``, ``lease``, and per room
``<epoch>:<room>`` and ``<epoch>:<room>:early`` for changes that came before their message. The
server must not evict keys: a room that vanished alone would not be missed.
"""

import asyncio
import contextlib
import math
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, Final, TypeVar

from redis.asyncio import Redis
from redis.exceptions import RedisError

from chat.errors import HistoryUnavailableError, Unavailable
from chat.history import Found, HistoryEntry, Lead, Page, Span
from chat.redis_connection import open_pool
from chat.redis_scripts import CLEAR, FIND, LEAD, READ, RESIGN, STORE
from realtime.position import Position, parse_position

R = TypeVar("R")

PREFIX: Final = "chat:history:2:"
"""With the version of what is stored: another one begins anew, from the log."""
LEASE: Final = timedelta(seconds=5)
"""A replica that projects and dies is replaced after this."""
ANSWER_SECONDS: Final = 0.8
"""A question and its retry; the driver's default is 5 s with 10 retries."""
STORE_SECONDS: Final = 5.0
"""A page of long messages on a busy machine; nobody waits for it."""
CONNECTIONS: Final = 16
_FORGET_PAGE: Final = 500


class RedisHistory:
    """Messages of rooms in sorted sets, written and read by scripts.

    ``keep``: messages per room; ``age``: how long each is kept. After a failure `read` refuses at
    once until `lead`, which the projection calls every second, has had an answer: nobody waits for
    a server that is known not to answer.
    """

    def __init__(self, redis: Redis, *, keep: int, age: timedelta) -> None:
        self._redis = redis
        self._keep = keep
        self._age = age.total_seconds()
        self._token = secrets.token_hex(8)
        self._failing = False
        self._lead = redis.register_script(LEAD)
        self._resign = redis.register_script(RESIGN)
        self._store = redis.register_script(STORE)
        self._read = redis.register_script(READ)
        self._find = redis.register_script(FIND)
        self._clear = redis.register_script(CLEAR)

    async def lead(self) -> Lead:
        """Become, or stay, the one replica that projects."""
        keys = [PREFIX + "lease", PREFIX + "position"]
        args: list[Any] = [self._token, _milliseconds(LEASE)]
        held, position = await self._ask(partial(self._lead, keys=keys, args=args))
        return Lead(bool(held), _position(position))

    async def resign(self) -> None:
        """Let another replica lead at once."""
        keys = [PREFIX + "lease"]
        await self._ask(partial(self._resign, keys=keys, args=[self._token]))

    async def store(self, page: Page) -> bool:
        """Store a page and its position in one step, and renew the lease."""
        epoch = page.upto.epoch
        keys = [PREFIX + "lease", PREFIX + "position"]
        args: list[Any] = [
            self._token,
            _milliseconds(LEASE),
            "" if page.seen is None else str(page.seen),
            str(page.upto),
            self._oldest(),
            self._keep,
            # Whoever has not been touched for so long holds nothing that is younger.
            math.ceil(self._age),
        ]
        for entry in page.entries:
            keys += _room_keys(epoch, entry.room)
            args += [entry.offset, entry.changed, entry.time, entry.payload, int(entry.early)]
        call = partial(self._store, keys=keys, args=args)
        return bool(await self._ask(call, within=STORE_SECONDS))

    async def find(
        self, places: Sequence[tuple[str, int]], *, epoch: str
    ) -> dict[tuple[str, int], HistoryEntry]:
        """What is stored of messages, early or not, by room and offset."""
        keys = [key for room, _ in places for key in _room_keys(epoch, room)]
        args: list[Any] = [offset for _, offset in places]
        found = await self._ask(partial(self._find, keys=keys, args=args), within=STORE_SECONDS)
        return {
            (room, offset): _entry(room, member, early=bool(early))
            for (room, offset), (member, early) in zip(places, found, strict=True)
            if member
        }

    async def read(self, span: Span, *, epoch: str) -> Found:
        """Messages of a span and the projection's position, as of one moment."""
        if self._failing:
            raise HistoryUnavailableError(Unavailable.DOWN)
        low = "-inf" if span.after is None else f"({span.after}"
        high = "+inf" if span.before is None else f"({span.before}"
        keys = [PREFIX + "position", _room_key(epoch, span.room)]
        order = "oldest" if span.oldest else "newest"
        args: list[Any] = [low, high, span.limit, order, self._oldest()]
        position, members = await self._ask(partial(self._read, keys=keys, args=args))
        entries = [_entry(span.room, member) for member in members]
        return Found(_position(position), entries if span.oldest else entries[::-1])

    async def forget(self, epoch: str) -> None:
        """Give back what an earlier epoch takes up."""
        cursor = 0
        pattern = _room_key(epoch, "*")
        while True:
            scan = partial(self._redis.scan, cursor, match=pattern, count=_FORGET_PAGE)
            cursor, keys = await self._ask(scan)
            if keys:
                await self._ask(partial(self._redis.unlink, *keys))
            if not cursor:
                return

    async def clear(self) -> None:
        """Forget every message and the position in one step: history is rebuilt from the log."""
        call = partial(self._clear, keys=[PREFIX + "position"], args=[_room_key("*", "*")])
        await self._ask(call, within=STORE_SECONDS)

    async def aclose(self) -> None:
        """Give the connections back."""
        with contextlib.suppress(RedisError, OSError, TimeoutError):
            await self._redis.aclose()

    def _oldest(self) -> float:
        return time.time() - self._age

    async def _ask(self, call: Callable[[], Awaitable[R]], *, within: float = ANSWER_SECONDS) -> R:
        """Make a driver's call; whatever goes wrong, history is unavailable."""
        try:
            async with asyncio.timeout(within):
                answer = await call()
        except (RedisError, OSError, TimeoutError) as error:
            self._failing = True
            detail = f"{type(error).__name__}: {error}"
            raise HistoryUnavailableError(Unavailable.DOWN, detail) from error
        self._failing = False
        return answer


@contextlib.asynccontextmanager
async def connect(url: str, *, keep: int, age: timedelta) -> AsyncIterator[RedisHistory]:
    """History at ``url`` for as long as the context lasts. Enters at once, reachable or not.

    Raises:
        ValueError: the URL is none of Redis.
    """
    async with open_pool(
        url,
        connections=CONNECTIONS,
        connect=timedelta(seconds=ANSWER_SECONDS),
        answer=timedelta(seconds=STORE_SECONDS),
    ) as pool:
        history = RedisHistory(Redis(connection_pool=pool), keep=keep, age=age)
        try:
            yield history
        finally:
            await history.aclose()


def _room_key(epoch: str, room: str) -> str:
    return f"{PREFIX}{epoch}:{room}"


def _room_keys(epoch: str, room: str) -> list[str]:
    key = _room_key(epoch, room)
    return [key, key + ":early"]


def _milliseconds(duration: timedelta) -> int:
    return int(duration / timedelta(milliseconds=1))


def _position(found: bytes | None) -> Position | None:
    """The stored position; what is none counts as an empty store."""
    return None if found is None else parse_position(found.decode("ascii", "replace"))


def _entry(room: str, member: bytes, *, early: bool = False) -> HistoryEntry:
    offset, changed, posted, payload = member.split(b":", 3)
    return HistoryEntry(
        room=room,
        offset=int(offset),
        changed=int(changed),
        payload=payload,
        time=float(posted),
        early=early,
    )
