"""One connection's conversation: frames in, frames out. It knows no socket."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final, assert_never

import structlog
from msgspec import UNSET

from chat.client_frames import (
    AskHistory,
    ClientFrame,
    Delete,
    Edit,
    Join,
    Leave,
    Post,
    React,
    Refresh,
    Typing,
    decode_frame,
    is_cid,
)
from chat.commands import Commands
from chat.errors import (
    BadFrameError,
    NotJoinedError,
    RateLimitedError,
    TooManyRoomsError,
    UnexpectedError,
    code_of,
)
from chat.member import Member
from chat.protocol import (
    Drain,
    ErrorTold,
    Expiring,
    Left,
    Refreshed,
    ServerFrame,
    Welcome,
    encode_frame,
)
from chat.replica import Replica
from realtime import request_id
from realtime.closing import (
    DRAINED,
    EXPIRED,
    REPLACED,
    REVOKED,
    STRUCK_OUT,
    TOO_FAST,
    TOO_SLOW,
    Ending,
)
from realtime.errors import AirwaveError
from realtime.identity.errors import Denial, ForbiddenError, TokenRefusedError
from realtime.identity.watch import EndReason
from realtime.identity.who import GUEST, Identity
from realtime.rate import Strikes
from realtime.sink import Sink
from realtime.subjects import check_token

HEARTBEAT: Final = timedelta(seconds=20)
"""The server's pings (``realtime.serving``), told to the client."""
STRIKES: Final = 3
STRIKES_WITHIN: Final = timedelta(seconds=10)

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class Session:
    """A conversation over one sink, of a guest or of whom a token names.

    Frames are answered in the order in which they came, each before the next is taken. `ending`
    says why the session is over once it decided so itself. ``limited`` says whether the limit on
    posts holds. `request_id` is the edge's for this connection, where it gave one.
    """

    def __init__(
        self,
        replica: Replica,
        sink: Sink,
        *,
        name: str,
        session: str,
        ip: str,
        limited: bool = True,
        identity: Identity = GUEST,
    ) -> None:
        self._replica = replica
        self._sink = sink
        self._ip = ip
        self.request_id = ""
        self._began = time.monotonic()
        self._members: dict[str, Member] = {}
        self._strikes = Strikes(limit=STRIKES, window=STRIKES_WITHIN)
        self._refused_posts = Strikes(
            limit=replica.limits.posts_refused,
            window=timedelta(seconds=replica.limits.posts_refused_within),
        )
        self._rooms = 0
        self._delivered = 0
        self.ending: Ending | None = None
        self._guest = (
            replica.names.enter(name=name, session=session, replace=self.replace)
            if identity.is_guest
            else replica.names.known(identity.user, self.replace)
        )
        self.identity = replace(identity, user=self._guest.user)
        self._commands = Commands(
            replica, user=self.user, may_change=self.may_change, limited=limited
        )
        replica.departures.add(self)
        self._pass = replica.gate.watch.enter(self.identity, self)

    @property
    def user(self) -> str:
        """Under which name this connection writes."""
        return self._guest.user

    def may_change(self, author: str, room: str) -> bool:
        """Whether this user may edit and delete what ``author`` wrote in ``room``."""
        return author == self.user or self.identity.moderates(room)

    def welcome(self) -> None:
        """Write the first frame."""
        self._tell(
            Welcome(
                session=self._guest.session,
                user=self._guest.user,
                heartbeat=HEARTBEAT.total_seconds(),
                limits=self._replica.limits,
            )
        )

    async def take(self, text: str | None) -> None:
        """Answer one frame; None stands for a binary one. Raises nothing of ours."""
        cid: str | None = None
        request_id.current.set(self.request_id)
        try:
            if text is None:
                detail = "frames are JSON objects in text frames, this one is binary"
                raise BadFrameError(detail)  # noqa: TRY301 - the one place that answers errors
            frame = decode_frame(text)
            asked = getattr(frame, "cid", "")
            cid = asked if is_cid(asked) else None
            await self._answer(frame)
        except BadFrameError as error:
            self._refuse(error, error.cid)
            if self._strikes.add():
                self._close(STRUCK_OUT)
        except RateLimitedError as error:
            self._refuse(error, cid)
            if self._refused_posts.add():
                self._close(TOO_FAST)
        except AirwaveError as error:
            self._refuse(error, cid)
        except Exception:
            log.exception("frame_failed", user=self.user)
            self._refuse(UnexpectedError(), cid)

    # ---------------------------------------------------------------- frames

    async def _answer(self, frame: ClientFrame) -> None:
        match frame:
            case Join():
                await self._join(frame)
            case Leave():
                self._leave(frame)
            case Post():
                self._permitted(frame.room, self.identity.may_post)
                self._tell(await self._commands.post(frame))
            case Edit() | Delete() | React():
                self._permitted(frame.room, self.identity.may_post)
                self._tell(await self._commands.change(frame))
            case Typing():
                await self._typing(frame)
            case AskHistory():
                self._permitted(frame.room, self.identity.may_read)
                self._tell(await self._commands.history(frame))
            case Refresh():
                self._refresh(frame)
            case _:
                assert_never(frame)

    async def _join(self, frame: Join) -> None:
        room = self._permitted(frame.room, self.identity.may_read)
        member = self._members.get(room)
        if member is not None:
            await member.join(frame.after)
            return
        limit = self._replica.limits.rooms
        if len(self._members) >= limit:
            raise TooManyRoomsError(limit)
        member = Member(self._replica, room=room, user=self.user, sink=self._sink)
        await member.join(frame.after)
        self._members[room] = member
        self._rooms += 1

    def _leave(self, frame: Leave) -> None:
        if check_token("room", frame.room) not in self._members:
            raise NotJoinedError(frame.room)
        self._go_out(frame.room)

    async def _typing(self, frame: Typing) -> None:
        room = self._permitted(frame.room, self.identity.may_post)
        if room not in self._members:
            raise NotJoinedError(room)
        await self._replica.attendance.type(room, self.user)

    def _refresh(self, frame: Refresh) -> None:
        gate = self._replica.gate
        identity = gate.verify(frame.token)
        if self._pass is None or identity.user != self.user:
            raise gate.note(TokenRefusedError(Denial.USER))
        self.identity = identity
        gate.watch.renew(self._pass, identity)
        self._tell(Refreshed(expires=identity.expires or 0.0))
        for room in [room for room in self._members if not identity.may_read(room)]:
            self._go_out(room)

    def _permitted(self, room: str, allows: Callable[[str], bool]) -> str:
        """Give a room's name back if it is one, and what is asked of it is in the scope."""
        if not allows(check_token("room", room)):
            raise self._replica.gate.note(ForbiddenError("room", room))
        return room

    def _go_out(self, room: str) -> None:
        self._delivered += self._members.pop(room).leave()
        self._tell(Left(room=room))

    def _tell(self, frame: ServerFrame) -> None:
        self._sink.write(encode_frame(frame))

    def _refuse(self, error: AirwaveError, cid: str | None) -> None:
        code = code_of(error)
        self._replica.counts.errors[code] += 1
        self._tell(
            ErrorTold(
                code=code,
                message=str(error),
                retryable=error.retryable,
                cid=UNSET if cid is None else cid,
            )
        )

    # ---------------------------------------------------------------- end

    def leave(self, reconnect_in: timedelta) -> None:
        """Say farewell; the positions stay with the client."""
        self._tell(Drain(reconnect_in_ms=int(reconnect_in / timedelta(milliseconds=1))))
        self._close(DRAINED)

    def expiring(self, left: timedelta) -> None:
        """Tell that this connection's token ends in so long."""
        self._tell(Expiring(in_ms=int(left / timedelta(milliseconds=1))))

    def expired(self, reason: EndReason) -> None:
        """End: the token has. A connection that reads nothing is not waited for."""
        self._close_or_abort(EXPIRED if reason is EndReason.EXPIRED else REVOKED)

    def replace(self) -> None:
        """End: a newer connection of the same session is here. A stuck one gets no farewell."""
        self._close_or_abort(REPLACED)

    def evict(self) -> None:
        """End at once: the client reads nothing."""
        self.ending = self.ending or TOO_SLOW
        self._sink.abort()

    def _close_or_abort(self, ending: Ending) -> None:
        if self._sink.full:
            self.ending = self.ending or ending
            self._sink.abort()
        else:
            self._close(ending)

    def _close(self, ending: Ending) -> None:
        self.ending = self.ending or ending
        self._sink.close()

    def ended(self, ending: Ending, *, client_code: int | None = None) -> None:
        """Give everything back and write the connection's one line.

        ``client_code`` is the close code that came from the client, or that the server's own
        protocol checks gave.
        """
        replica = self._replica
        replica.departures.discard(self)
        replica.names.leave(self._guest)
        replica.gate.watch.leave(self._pass)
        self._delivered += sum(member.leave() for member in self._members.values())
        self._members.clear()
        replica.counts.ended[ending.by] += 1
        log.info(
            "connection_ended",
            ended_by=ending.by.value,
            code=client_code if ending.code is None else int(ending.code),
            user=self.user,
            ip=self._ip,
            request_id=self.request_id or None,
            rooms=self._rooms,
            delivered=self._delivered,
            posted=self._commands.posted,
            changed=self._commands.changed,
            seconds=round(time.monotonic() - self._began, 3),
        )
