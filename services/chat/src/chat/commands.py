"""What one user asks for that has one answer: posts, changes and pages of history."""

from collections.abc import Callable

from msgspec import Raw

from chat.client_frames import AskHistory, Change, Delete, Edit, Post, React, check_post, check_text
from chat.errors import BadLimitError, BadPositionError, RateLimitedError
from chat.history import Span
from chat.protocol import HISTORY_LIMIT, Ack, HistoryPage
from chat.publisher import Receipt
from chat.replica import Replica
from realtime.position import parse_position
from realtime.subjects import check_token


class Commands:
    """A user's commands on this replica.

    ``may_change`` says whose messages the user may edit and delete in which room. ``limited`` says
    whether the limit on posts and changes holds.
    """

    def __init__(
        self,
        replica: Replica,
        *,
        user: str,
        may_change: Callable[[str, str], bool],
        limited: bool,
    ) -> None:
        self._replica = replica
        self._user = user
        self._may_change = may_change
        self._limited = limited
        self.posted = 0
        self.changed = 0

    async def post(self, frame: Post) -> Ack:
        """Store a post. Whoever comes back does so before it has joined."""
        room = check_token("room", frame.room)
        check_post(frame, self._replica.limits)
        self._take_token()
        receipt = await self._replica.publisher.publish(
            user=self._user, room=room, cid=frame.cid, text=await self._review(frame.text, room)
        )
        self.posted += not receipt.duplicate
        return _ack(frame, receipt)

    async def change(self, frame: Change) -> Ack:
        """Store a change of a message."""
        room = check_token("room", frame.room)
        check_post(frame, self._replica.limits)
        self._take_token()
        receipt = await self._revise(frame, room)
        self.changed += not receipt.duplicate
        return _ack(frame, receipt)

    async def _revise(self, frame: Change, room: str) -> Receipt:
        reviser, user = self._replica.reviser, self._user
        position, cid = frame.position, frame.cid
        match frame:
            case Edit(text=text):
                return await reviser.edit(
                    user=user,
                    room=room,
                    position=position,
                    text=await self._review(text, room),
                    cid=cid,
                    may=self._may_change,
                )
            case Delete():
                return await reviser.delete(
                    user=user, room=room, position=position, cid=cid, may=self._may_change
                )
            case React(emoji=emoji, on=on):
                return await reviser.react(
                    user=user, room=room, position=position, emoji=emoji, on=on, cid=cid
                )

    async def history(self, frame: AskHistory) -> HistoryPage:
        """A page of a room's messages."""
        room = check_token("room", frame.room)
        if not 1 <= frame.limit <= HISTORY_LIMIT:
            raise BadLimitError(HISTORY_LIMIT)
        before = None
        if frame.before is not None:
            position = parse_position(frame.before)
            if position is None or position.epoch != self._replica.hub.epoch:
                raise BadPositionError("before")
            before = position.offset
        page = await self._replica.pages.read(Span(room=room, limit=frame.limit, before=before))
        messages = [Raw(message) for _, message in page.messages]
        return HistoryPage(room=room, messages=messages, more=page.more)

    def _take_token(self) -> None:
        retry_in = self._replica.post_rates.take(self._user) if self._limited else 0.0
        if retry_in:
            raise RateLimitedError(retry_in)

    async def _review(self, text: str, room: str) -> str:
        reviewed = await self._replica.moderation.review(text, user=self._user, room=room)
        if reviewed != text:
            check_text(reviewed, self._replica.limits)
        return reviewed


def _ack(frame: Post | Change, receipt: Receipt) -> Ack:
    return Ack(
        cid=frame.cid,
        room=frame.room,
        position=str(receipt.position),
        duplicate=receipt.duplicate,
    )
