"""Changes of messages: who wrote it is looked up here, not taken from the client."""

from collections.abc import Callable
from typing import Final

from chat.change_errors import (
    AlreadyDeletedError,
    NotFoundError,
    NotYoursError,
    TooManyEditsError,
    TooManyEmojisError,
)
from chat.changes import Changes
from chat.entries import (
    ChangeEntry,
    DeleteEntry,
    EditEntry,
    PostEntry,
    ReactEntry,
    UnreadableEntryError,
    read_entry,
)
from chat.errors import BadPositionError, HistoryUnavailableError
from chat.pages import Pages
from chat.protocol import Limits
from chat.publisher import Publisher, Receipt, now
from chat.record import Record, applied, has_edit
from realtime.broker import Broker
from realtime.errors import BrokerUnavailableError
from realtime.fanout import Hub
from realtime.position import Position, parse_position
from realtime.relay import is_reached
from realtime.subjects import CHAT, room_subject

_LOOKING: Final = "look up a message"

MayChange = Callable[[str, str], bool]
"""Whether a user may change what ``author`` wrote in ``room``."""


class Reviser:
    """Publishes edits, deletions and reactions once it has seen the message they are about."""

    def __init__(
        self,
        broker: Broker,
        hub: Hub,
        changes: Changes,
        pages: Pages,
        publisher: Publisher,
        limits: Limits,
    ) -> None:
        self._broker = broker
        self._hub = hub
        self._changes = changes
        self._pages = pages
        self._publisher = publisher
        self._limits = limits

    async def edit(
        self, *, user: str, room: str, position: str, text: str, cid: str, may: MayChange
    ) -> Receipt:
        """Give a message another text.

        Raises:
            NotFoundError, NotYoursError, AlreadyDeletedError, TooManyEditsError: as they say.
            BadPositionError, CidReusedError, BrokerError: as for a post.
        """
        record = await self._find(room, position)
        self._check_author(record, room, may)
        self._check_stands(record, position)
        limit = self._limits.edits
        if len(record.edits) >= limit and not has_edit(record, user=user, room=room, cid=cid):
            raise TooManyEditsError(limit)
        entry = EditEntry(cid=cid, user=user, target=record.offset, text=text, time=now())
        return await self._publish(room, entry, position)

    async def delete(
        self, *, user: str, room: str, position: str, cid: str, may: MayChange
    ) -> Receipt:
        """Take a message back.

        Raises:
            NotFoundError, NotYoursError, AlreadyDeletedError: as they say.
            BadPositionError, CidReusedError, BrokerError: as for a post.
        """
        record = await self._find(room, position)
        self._check_author(record, room, may)
        done = record.deletion
        if done is not None and (done.user, done.cid) == (user, cid):
            return Receipt(Position(self._hub.epoch, done.at), duplicate=True)
        self._check_stands(record, position)
        post = record.post
        assert post is not None  # noqa: S101 - `_find` gives no record without it
        entry = DeleteEntry(cid=cid, user=user, target=record.offset, of=post, time=now())
        return await self._publish(room, entry, position)

    async def react(
        self, *, user: str, room: str, position: str, emoji: str, on: bool, cid: str
    ) -> Receipt:
        """Put an emoji to a message, or take it away; who may read may do that.

        Raises:
            NotFoundError, AlreadyDeletedError, TooManyEmojisError: as they say.
            BadPositionError, CidReusedError, BrokerError: as for a post.
        """
        record = await self._find(room, position)
        self._check_stands(record, position)
        present, limit = record.emojis(), self._limits.emojis
        if on and emoji not in present and len(present) >= limit:
            raise TooManyEmojisError(limit)
        entry = ReactEntry(cid=cid, user=user, target=record.offset, emoji=emoji, on=on, time=now())
        return await self._publish(room, entry, position)

    def _check_author(self, record: Record, room: str, may: MayChange) -> None:
        assert record.post is not None  # noqa: S101 - `_find` gives no record without it
        if not may(record.post.user, room):
            raise NotYoursError(record.post.user)

    def _check_stands(self, record: Record, position: str) -> None:
        if record.deletion is not None:
            raise AlreadyDeletedError(position)

    async def _publish(self, room: str, entry: ChangeEntry, position: str) -> Receipt:
        asked = parse_position(position)
        if asked is None or asked.epoch != self._hub.epoch:
            # The stream was made anew since the message was found.
            raise NotFoundError(room, position)
        return await self._publisher.store(room, entry)

    # ---------------------------------------------------------------- the message

    async def _find(self, room: str, text: str) -> Record:
        """The message at a position: from the ring, from history, or from the stream itself."""
        position = parse_position(text)
        if position is None or position.epoch != self._hub.epoch:
            raise BadPositionError("position")
        if position.offset > self._hub.flushed and not await is_reached(
            self._hub, self._broker, CHAT.name, position.offset
        ):
            raise NotFoundError(room, text)
        if position.offset > self._hub.log.floor:
            record = self._pages.find_in_ring(room, position.offset)
        else:
            record = await self._find_below(room, position)
        if record is None or record.post is None:
            raise NotFoundError(room, text)
        return record

    async def _find_below(self, room: str, position: Position) -> Record | None:
        try:
            return await self._pages.find(room, position.offset)
        except HistoryUnavailableError:
            return await self._find_in_stream(room, position)

    async def _find_in_stream(self, room: str, position: Position) -> Record | None:
        """Without history it isn't known what was done to it before the ring; who wrote it is."""
        deliveries = await self._broker.read(
            CHAT.name, after=position.offset - 1, limit=1, subject=room_subject(room)
        )
        if (await self._broker.stream_state(CHAT.name)).epoch != position.epoch:
            raise BrokerUnavailableError(_LOOKING)
        if not deliveries or deliveries[0].offset != position.offset:
            return None
        try:
            logged = read_entry(deliveries[0])
        except UnreadableEntryError:
            return None
        if not isinstance(logged.entry, PostEntry):
            return None
        record = applied(None, logged)
        for change in self._changes.of(room, position.offset):
            record = applied(record, change)
        return record
