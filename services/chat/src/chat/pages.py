"""Pages of a room's messages: history, completed by what is too new to be in it.

The projection follows the log by milliseconds. What it hasn't reached is in this replica's ring, so
a post that was acknowledged is in the next page. Where the two don't meet (the projection is being
rebuilt) there is no page: one with a hole in it would look complete.
"""

from dataclasses import dataclass
from typing import Final

import structlog

from chat.errors import HistoryUnavailableError, Unavailable
from chat.history import Found, History, Span
from chat.protocol import stored_form
from realtime.fanout import Hub
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
    """Reads pages for this replica."""

    def __init__(self, hub: Hub, history: History) -> None:
        self._hub = hub
        self._history = history
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
            enough = len(found.messages) > span.limit
            messages = found.messages + recent
        else:
            enough = len(recent) > span.limit
            messages = recent if enough else found.messages + recent
        if not enough and self._hole_in(span, projected):
            raise HistoryUnavailableError(Unavailable.BEHIND)
        return _cut(messages, span)

    def ring(self, span: Span, *, after: int) -> Messages:
        """What the ring has of a span above ``after``."""
        before = _NO_END if span.before is None else span.before
        return [
            (offset, stored_form(span.room, part.payload))
            for offset, entry in self._hub.log.after(after, limit=len(self._hub.log))
            for part in entry.parts
            if part.topic == span.room and offset < before
        ]

    def _hole_in(self, span: Span, projected: int) -> bool:
        """Whether the span touches offsets that neither the projection nor the ring covers."""
        low = max(projected, span.after or 0)
        high = self._hub.log.floor if span.before is None else span.before - 1
        return low < min(high, self._hub.log.floor)


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
