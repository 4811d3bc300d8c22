"""Presence: who is in which room on any replica. The port to where it is kept, and its words.

The truth is every replica's own connections; what is kept is derived from them and may be lost.
Implemented on Redis (`chat.redis_presence`) and in memory (`chat.testing`); both pass one contract
suite.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from realtime.errors import AirwaveError


@dataclass(slots=True)
class Changes:
    """Who came into a room and who went since some moment; coming back undoes going."""

    joined: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)

    def __len__(self) -> int:
        return len(self.joined) + len(self.left)

    def join(self, user: str) -> None:
        """Note one who came."""
        if user in self.left:
            self.left.remove(user)
        else:
            self.joined.add(user)

    def leave(self, user: str) -> None:
        """Note one who went."""
        if user in self.joined:
            self.joined.remove(user)
        else:
            self.left.add(user)


@dataclass(frozen=True, slots=True)
class Told:
    """What changes came to over all replicas: who is new in a room, who is gone, how many remain.

    ``joined`` and ``left`` may be cut; ``count`` is whole.
    """

    room: str
    joined: Sequence[str]
    left: Sequence[str]
    count: int


@dataclass(frozen=True, slots=True)
class Roster:
    """Members of a room: all of them up to `chat.rooms.MEMBERS_TOLD`, else so many, and the count.

    In the order of their names.
    """

    names: Sequence[str]
    count: int


class PresenceUnavailableError(AirwaveError):
    """The store does not answer."""

    code = "presence_unavailable"
    retryable = True

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(f"presence can't be kept now: {detail}")


class PresenceForgottenError(AirwaveError):
    """The store no longer has what this replica wrote: it was emptied, or thinks this one dead."""

    code = "presence_forgotten"

    def __init__(self) -> None:
        super().__init__("the store has forgotten this replica")


class PresenceStore(Protocol):
    """Members of rooms, each held by one or more replicas under a lease.

    Every method raises `PresenceUnavailableError`, within a second, when the store does not do it.
    `write` and `beat` raise `PresenceForgottenError` when what was written before is not there any
    more; `begin` is the only way on then.
    """

    async def begin(self) -> None:
        """Start a registration that holds nobody yet. An earlier one stays as it is."""
        ...

    async def write(self, changes: Mapping[str, Changes]) -> list[Told]:
        """Hold those who came, let go those who went; what it came to, room by room.

        Renews the lease. Changes that are true already change nothing.
        """
        ...

    async def settle(self) -> None:
        """Give up the registrations before the last `begin`: `reap` finds whom only they held."""
        ...

    async def beat(self, rooms: Sequence[str]) -> list[int]:
        """Renew the lease; how many members each of ``rooms`` has."""
        ...

    async def reap(self) -> list[Told]:
        """Let go a page of those whom only a dead replica held; empty when there are none left.

        Any replica may call it, several at once too.
        """
        ...

    async def roster(self, room: str) -> Roster:
        """The first members of a room; the cost doesn't grow with the room."""
        ...

    async def counts(self, rooms: Sequence[str]) -> list[int]:
        """How many members each of ``rooms`` has."""
        ...

    async def resign(self) -> None:
        """Give up the lease: `reap` finds everybody whom only this replica held."""
        ...


def beat_of(ttl: timedelta) -> timedelta:
    """How often a lease is renewed, others' leases are looked at, and a lost store is tried again.

    So never seldom, however long a lease may last.
    """
    return min(ttl / 6, timedelta(seconds=5))


def lease_of(ttl: timedelta) -> timedelta:
    """How long a lease lasts that isn't renewed."""
    return ttl / 2


def pages(changes: Mapping[str, Changes], *, size: int) -> Iterator[dict[str, Changes]]:
    """Cut changes into pages of at most ``size`` names."""
    page: dict[str, Changes] = {}
    room_left = size
    for room, whole in changes.items():
        for user, came in _moves(whole):
            change = page.setdefault(room, Changes())
            (change.joined if came else change.left).add(user)
            room_left -= 1
            if not room_left:
                yield page
                page, room_left = {}, size
    if page:
        yield page


def _moves(changes: Changes) -> Iterator[tuple[str, bool]]:
    yield from ((user, True) for user in sorted(changes.joined))
    yield from ((user, False) for user in sorted(changes.left))
