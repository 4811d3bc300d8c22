"""Who is in which room, on all replicas: this one's connections, and what the store says.

Members that come and go here are gathered for a moment, written to the store page by page, and what
it came to is told to the members here and to the other replicas. While the store is away, and until
it has been told everything anew, this replica shows its own members and goes on.
"""

import asyncio
import contextlib
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

import structlog

from chat.announcements import Announcements
from chat.bulletin import Bulletin
from chat.presence import (
    Changes,
    PresenceForgottenError,
    PresenceStore,
    PresenceUnavailableError,
    Told,
    beat_of,
    pages,
)
from chat.rooms import Rooms
from chat.views import Views
from realtime.broker import Broker
from realtime.health import Health
from realtime.telemetry import Sampler

GATHER: Final = timedelta(seconds=0.2)
"""What comes and goes within it is written together, or not at all."""
PAGE: Final = 500
"""Names in one write: about a millisecond of the server's only thread."""
RESIGN: Final = timedelta(seconds=2)
"""For giving everything back at the end; another replica does what is left."""

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Attendance:
    """This replica's part in presence.

    ``ttl``: the members of a replica that dies are gone everywhere within it. The lease is half of
    it and is renewed, and others' leases are looked at, every sixth or 5 s: what is left is for the
    frame.
    """

    def __init__(
        self,
        store: PresenceStore,
        broker: Broker,
        bulletin: Bulletin,
        health: Health,
        *,
        ttl: timedelta,
    ) -> None:
        self.rooms = Rooms()
        self.bulletin = bulletin
        self.announcements = Announcements(
            broker, on_told=self._hear, on_typing=lambda room, user: _drop(bulletin, room, user)
        )
        self.up = False
        self._store = store
        self._health = health
        self._views = Views(store)
        self._beat = beat_of(ttl).total_seconds()
        self._beat_due = 0.0
        self._pending: dict[str, Changes] = {}
        self._writing: Mapping[str, Changes] = {}
        self._wake = asyncio.Event()
        self._sampler = Sampler()

    # ---------------------------------------------------------------- members

    def enter(self, room: str, user: str) -> None:
        """Take note of a member who came."""
        if self.rooms.enter(room, user):
            self._pending.setdefault(room, Changes()).join(user)
            self._wake.set()

    def leave(self, room: str, user: str) -> None:
        """Take note of a member who went."""
        if self.rooms.leave(room, user):
            self._pending.setdefault(room, Changes()).leave(user)
            self._wake.set()
        if room not in self.rooms:
            self.bulletin.forget(room)

    async def look(self, room: str) -> None:
        """Have a recent view of a room's members for `members`; raises nothing.

        However many come into a room, the store is asked for it once a second.
        """
        if not self.up:
            return
        try:
            await self._views.look(room)
        except PresenceUnavailableError as error:
            self._lose(error)

    def members(self, room: str) -> tuple[Sequence[str], int]:
        """Members of a room by name, `MEMBERS_TOLD` at most, and how many there are in all.

        Without the store: those of this replica.
        """
        view = self._views.get(room) if self.up else None
        if view is None:
            return self.rooms.members(room)
        unwritten = [c[room] for c in (self._writing, self._pending) if room in c]
        return view.members(unwritten)

    async def counts(self, rooms: Sequence[str]) -> list[int]:
        """How many members each of ``rooms`` has; without the store, how many on this replica."""
        if self.up:
            with contextlib.suppress(PresenceUnavailableError):
                return await self._store.counts(rooms)
        return [self.rooms.members(room)[1] for room in rooms]

    async def type(self, room: str, user: str) -> None:
        """Pass on that a member types, unless that is too soon after the last time."""
        if self.bulletin.typing(room, user):
            await self.announcements.tell_typing(room, user)

    # ---------------------------------------------------------------- keeping

    async def run(self) -> None:
        """Keep presence, hear the others and tell the members, until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.announcements.run())
            group.create_task(self.bulletin.run())
            group.create_task(self._keep())

    async def _keep(self) -> None:
        try:
            while True:
                await self._round()
                await self._wait()
        finally:
            await self._resign()

    async def _wait(self) -> None:
        """Until the next beat, or until changes have been gathered."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(self._beat_due - time.monotonic(), 0.0)):
                await self._wake.wait()
                await asyncio.sleep(GATHER.total_seconds())

    async def _round(self) -> None:
        self._wake.clear()
        due = time.monotonic() >= self._beat_due
        if due:
            self._beat_due = time.monotonic() + self._beat
        try:
            if due and not self.up:
                await self._begin()
            if self.up:
                await self._flush()
            if self.up and due:
                await self._renew()
        except PresenceForgottenError as error:
            self._lose(error)
            # It does answer: told everything anew a moment from now.
            self._beat_due = time.monotonic() + GATHER.total_seconds()
        except PresenceUnavailableError as error:
            self._lose(error)
        if not self.up:
            self._tell_own()

    async def _begin(self) -> None:
        """Tell the store of everybody here, under a new registration.

        The earlier one is given up last: whom both hold neither comes nor goes.
        """
        await self._store.begin()
        self._tell_own()
        await self._write({room: Changes(set(self.rooms.users(room))) for room in self.rooms})
        await self._store.settle()
        self.up = True
        self._health.set_degraded("presence", None)
        log.info("presence_begins", rooms=len(self.rooms))

    async def _flush(self) -> None:
        pending, self._pending = self._pending, {}
        self._writing = pending
        try:
            await self._write(pending)
        except (PresenceForgottenError, PresenceUnavailableError):
            self._tell_here(pending)
            raise
        finally:
            self._writing = {}

    async def _write(self, changes: Mapping[str, Changes]) -> None:
        for page in pages(changes, size=PAGE):
            await self._tell(await self._store.write(page))

    async def _renew(self) -> None:
        """Renew the lease, put counts right that a lost word left wrong, and bury the dead."""
        rooms = list(self.rooms)
        for room, count in zip(rooms, await self._store.beat(rooms), strict=True):
            self._views.correct(room, count)
            self.bulletin.note(Told(room, (), (), count))
        while told := await self._store.reap():
            await self._tell(told)
        self._views.keep_only(self.rooms)

    def _lose(self, error: PresenceUnavailableError | PresenceForgottenError) -> None:
        """Show this replica's own members from now on."""
        held_back = self._sampler.admit(error.code)
        if held_back is not None:
            log.warning("presence_lost", error=str(error), held_back=held_back)
        self._health.set_degraded("presence", "only this replica's members are shown")
        if self.up:
            self.up = False
            self._views.clear()
            for room in self.rooms:
                self.bulletin.note(Told(room, (), (), self.rooms.members(room)[1]))

    async def _resign(self) -> None:
        with contextlib.suppress(PresenceUnavailableError, TimeoutError):
            async with asyncio.timeout(RESIGN.total_seconds()):
                await self._store.resign()
                while told := await self._store.reap():
                    await self._tell(told)

    # ---------------------------------------------------------------- telling

    async def _tell(self, all_told: Sequence[Told]) -> None:
        for told in all_told:
            self._hear(told)
            await self.announcements.tell(told)

    def _hear(self, told: Told) -> None:
        """Take what happened to a room over all replicas."""
        if self.up:
            self._views.apply(told)
            self.bulletin.note(told)

    def _tell_own(self) -> None:
        pending, self._pending = self._pending, {}
        self._tell_here(pending)

    def _tell_here(self, changes: Mapping[str, Changes]) -> None:
        """Tell the members here of what only this replica knows."""
        for room, change in changes.items():
            count = self.rooms.members(room)[1]
            self.bulletin.note(Told(room, sorted(change.joined), sorted(change.left), count))


def _drop(bulletin: Bulletin, room: str, user: str) -> None:
    bulletin.typing(room, user)
