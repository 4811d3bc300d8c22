"""Presence in memory: the same contract as the real one, and faults at the test's word."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from chat.presence import (
    Changes,
    PresenceForgottenError,
    PresenceUnavailableError,
    Roster,
    Told,
)
from chat.rooms import MEMBERS_TOLD


@dataclass(slots=True)
class PresenceServer:
    """What the replicas' stores share, as they would share a server.

    Faults: ``down``, ``lose_answers`` (so many writes are done but not confirmed), `flush`, and
    `MemoryPresence.expire`.
    """

    down: bool = False
    lose_answers: int = 0
    reads: int = 0
    writes: int = 0
    held: dict[int, dict[str, set[str]]] = field(default_factory=dict)
    leases: set[int] = field(default_factory=set)
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def flush(self) -> None:
        """Lose everything."""
        self.held.clear()
        self.leases.clear()

    def members(self, room: str) -> set[str]:
        """Whoever is held there by anybody."""
        return {user for rooms in self.held.values() for user in rooms.get(room, ())}


class MemoryPresence:
    """One replica's registrations over a server in memory."""

    def __init__(self, server: PresenceServer | None = None) -> None:
        self.server = PresenceServer() if server is None else server
        self._id = 0
        self._former: set[int] = set()

    def expire(self) -> None:
        """Play the end of the lease: this replica counts as dead."""
        self.server.leases.discard(self._id)

    async def begin(self) -> None:
        """Start a registration that holds nobody yet."""
        self._answer()
        if self._id:
            self._former.add(self._id)
        self._id = next(self.server.ids)
        self.server.held[self._id] = {}
        self.server.leases.add(self._id)

    async def write(self, changes: Mapping[str, Changes]) -> list[Told]:
        """Hold those who came, let go those who went."""
        self._answer()
        self._remembered()
        self.server.writes += 1
        all_told: list[Told] = []
        for room, change in changes.items():
            before = self.server.members(room)
            mine = self.server.held[self._id].setdefault(room, set())
            mine |= change.joined
            mine -= change.left
            after = self.server.members(room)
            all_told.append(Told(room, sorted(after - before), sorted(before - after), len(after)))
        if self.server.lose_answers:
            self.server.lose_answers -= 1
            raise PresenceUnavailableError("down")
        return all_told

    async def settle(self) -> None:
        """Give up the registrations before the last `begin`."""
        self._answer()
        self.server.leases -= self._former
        self._former.clear()

    async def beat(self, rooms: Sequence[str]) -> list[int]:
        """Renew the lease; how many members each of ``rooms`` has."""
        self._answer()
        self._remembered()
        return [len(self.server.members(room)) for room in rooms]

    async def reap(self) -> list[Told]:
        """Let go whom only a dead replica held."""
        self._answer()
        dead = next((id_ for id_ in self.server.held if id_ not in self.server.leases), None)
        if dead is None:
            return []
        rooms = self.server.held.pop(dead)
        told: list[Told] = []
        for room, users in rooms.items():
            rest = self.server.members(room)
            told.append(Told(room, (), sorted(users - rest), len(rest)))
        return told or await self.reap()

    async def roster(self, room: str) -> Roster:
        """The first members of a room."""
        self._answer()
        self.server.reads += 1
        members = sorted(self.server.members(room))
        return Roster(members[:MEMBERS_TOLD], len(members))

    async def counts(self, rooms: Sequence[str]) -> list[int]:
        """How many members each of ``rooms`` has."""
        self._answer()
        return [len(self.server.members(room)) for room in rooms]

    async def resign(self) -> None:
        """Give up the lease."""
        self._answer()
        self.server.leases -= {self._id, *self._former}
        self._id = 0

    def _answer(self) -> None:
        if self.server.down:
            raise PresenceUnavailableError("down")

    def _remembered(self) -> None:
        if self._id not in self.server.leases:
            raise PresenceForgottenError
