"""Pages of a room's messages: history, completed by what is too new to be in it.

The projection follows the log by milliseconds. What it hasn't reached is in this replica's ring, so
a post that was acknowledged is in the next page, and a change that was acknowledged shows in it.
Where the two don't meet (the projection is being
rebuilt) there is no page: one with a hole in it would look complete.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from chat.changes import Changes
from chat.entries import Logged
from chat.errors import HistoryUnavailableError, Unavailable
from chat.history import Found, History, HistoryEntry, Span
from chat.protocol import Limits, Message, decode_event, is_message, stored_form
from chat.record import Record, applied, decode_record, record_of_message, stored_message
from realtime.fanout import Hub
from realtime.log import Log
from realtime.telemetry import Sampler

PAGE_BYTES: Final = 256 * 1024
"""A page of long messages is cut here, and says that there are more: clients bound their frames."""
_NO_END: Final = 1 << 63

Messages = list[tuple[int, bytes]]

log: structlog.stdlib.BoundLogger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class RoomPage:
    """Messages in stored form at their offsets, oldest first; ``more`` lie beyond them."""

    messages: Messages
    more: bool


class Pages:
    """Reads pages for this replica; every message is in its present form."""

    def __init__(self, hub: Hub, changes: Changes, history: History, limits: Limits) -> None:
        self._hub = hub
        self._changes = changes
        self._history = history
        self._limits = limits
        self._sampler = Sampler()
        self.failures = 0

    async def read(self, span: Span) -> RoomPage:
        """The messages of a span.

        Raises:
            HistoryUnavailableError: within a second; trying again is sensible.
        """
        try:
            return await self._read(span)
        except HistoryUnavailableError as error:
            self.failures += 1
            held_back = self._sampler.admit(error.reason)
            if held_back is not None:
                log.warning(
                    "history_unavailable",
                    reason=error.reason.value,
                    detail=error.detail,
                    held_back=held_back,
                )
            raise

    async def _read(self, span: Span) -> RoomPage:
        epoch = self._hub.epoch
        # One more than asked for shows whether there are more.
        wider = Span(
            room=span.room,
            limit=span.limit + 1,
            after=span.after,
            before=span.before,
            oldest=span.oldest,
        )
        found = await self._history.read(wider, epoch=epoch)
        position = found.position
        if position is None or position.epoch != epoch or self._hub.epoch != epoch:
            raise HistoryUnavailableError(Unavailable.REBUILT)
        return self._merge(span, found, projected=position.offset)

    def _merge(self, span: Span, found: Found, *, projected: int) -> RoomPage:
        recent = self.ring(span, after=max(projected, span.after or 0))
        if span.oldest:
            enough = len(found.entries) > span.limit
            alone = False
        else:
            enough = alone = len(recent) > span.limit
        # Changes that lie between the two would be missing in what history has.
        behind = projected < self._hub.log.floor
        if behind and not alone and (found.entries or self._hole_in(span, projected)):
            raise HistoryUnavailableError(Unavailable.BEHIND)
        older = [] if alone else self._older(found.entries)
        return _cut(older if enough and span.oldest else older + recent, span)

    def _older(self, entries: Sequence[HistoryEntry]) -> Messages:
        shown = ((entry.offset, self._present(entry)) for entry in entries)
        return [(offset, message) for offset, message in shown if message is not None]

    def ring(self, span: Span, *, after: int) -> Messages:
        """What the ring has of a span above ``after``."""
        before = _NO_END if span.before is None else span.before
        return [
            (offset, self.present(span.room, offset, part.payload))
            for offset, entry in self._hub.log.after(after, limit=len(self._hub.log))
            for part in entry.parts
            if part.topic == span.room and offset < before and is_message(part.payload)
        ]

    def newest(self, room: str, log: Log[tuple[bytes, ...]], limit: int) -> Messages:
        """The newest messages of a room's own ring."""
        size = limit
        while True:
            tail = log.tail(size)
            found = [(at, frame) for at, frames in tail for frame in frames if is_message(frame)]
            if len(found) >= limit or len(tail) < size:
                return [(at, self.present(room, at, frame)) for at, frame in found[-limit:]]
            size *= 4

    # ---------------------------------------------------------------- present form

    def present(self, room: str, offset: int, frame: bytes) -> bytes:
        """A ``message`` frame of the ring as it stands in lists now."""
        changes = self._changes.of(room, offset)
        if not changes:
            return stored_form(room, frame)
        return self._stored(_changed(_record(frame, offset), changes)) or stored_form(room, frame)

    def _present(self, entry: HistoryEntry) -> bytes | None:
        """What history has, as it stands in lists now."""
        changes = self._changes.of(entry.room, entry.offset)
        if entry.changed == entry.offset and not changes:
            return entry.payload
        return self._stored(_changed(_decoded(entry), changes))

    def _stored(self, record: Record) -> bytes | None:
        return stored_message(record, epoch=self._hub.epoch, limits=self._limits)

    # ---------------------------------------------------------------- one message

    def find_in_ring(self, room: str, offset: int) -> Record | None:
        """The message at an offset above the ring's floor, None if there is none."""
        for at, entry in self._hub.log.after(offset - 1, limit=1):
            for part in entry.parts:
                if at == offset and part.topic == room and is_message(part.payload):
                    return _changed(_record(part.payload, offset), self._changes.of(room, offset))
        return None

    async def find(self, room: str, offset: int) -> Record | None:
        """The message at an offset below the ring's floor, None if there is none.

        Raises:
            HistoryUnavailableError: history doesn't answer, or has not got so far.
        """
        epoch = self._hub.epoch
        span = Span(room=room, limit=1, after=offset - 1, before=offset + 1)
        found = await self._history.read(span, epoch=epoch)
        position = found.position
        if position is None or position.epoch != epoch or self._hub.epoch != epoch:
            raise HistoryUnavailableError(Unavailable.REBUILT)
        if position.offset < self._hub.log.floor:
            raise HistoryUnavailableError(Unavailable.BEHIND)
        records = [_decoded(entry) for entry in found.entries]
        return next((_changed(r, self._changes.of(room, offset)) for r in records), None)

    def _hole_in(self, span: Span, projected: int) -> bool:
        """Whether the span touches offsets that neither the projection nor the ring covers."""
        low = max(projected, span.after or 0)
        high = self._hub.log.floor if span.before is None else span.before - 1
        return low < min(high, self._hub.log.floor)


def _decoded(entry: HistoryEntry) -> Record:
    return decode_record(entry.payload, offset=entry.offset, changed=entry.changed)


def _record(frame: bytes, offset: int) -> Record:
    message = decode_event(frame)
    if not isinstance(message, Message):
        raise TypeError(message)
    return record_of_message(message, offset)


def _changed(record: Record, changes: Iterable[Logged]) -> Record:
    for change in changes:
        record = applied(record, change)
    return record


def _cut(messages: Messages, span: Span) -> RoomPage:
    """Bring a page to its limits, from the end that was asked for."""
    ordered = messages if span.oldest else messages[::-1]
    kept: Messages = []
    size = 0
    for item in ordered[: span.limit]:
        size += len(item[1])
        if kept and size > PAGE_BYTES:
            break
        kept.append(item)
    more = len(kept) < len(ordered)
    return RoomPage(kept if span.oldest else kept[::-1], more)
