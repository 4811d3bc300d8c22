"""Rooms, live: one WebSocket that comes back by itself."""

import asyncio
import uuid
from collections.abc import Callable, Coroutine
from dataclasses import KW_ONLY, dataclass, field
from datetime import timedelta
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlencode

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from realtime.client.chat_events import Page, RoomGap
from realtime.client.chat_frames import SUBPROTOCOL, HistoryPage, decode_frame, encode_frame
from realtime.client.close_codes import ABNORMAL, DONE, TOO_LARGE, Return, after_close
from realtime.client.conversation import Conversation
from realtime.client.credentials import Credentials, Provider
from realtime.client.errors import (
    BadEventError,
    ChatEndedError,
    CommandRefusedError,
    UnconfirmedError,
)
from realtime.client.line import Line, LineLostError
from realtime.client.reconnection import Reconnection, Timing
from realtime.client.room import Room
from realtime.client.state import State
from realtime.position import Position

WELCOME_WITHIN: Final = 15.0
ACK_WITHIN: Final = 10.0
"""Seconds without an answer after which the commands go over another connection."""
_PING: Final = 20.0
_CLOSE: Final = 2.0
_UPKEEP: Final = 0.25
_FRAME_BYTES: Final = 16 * 1024 * 1024
_TRY_AGAIN: Final = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class _Ending:
    code: int
    reason: str
    back: Return


@dataclass(eq=False)
class Chat:
    """A member's connection to the chat; the rooms that it joins outlive every break.

    ``url``: of the chat, as ``http://127.0.0.1:8080/chat``. ``name``: what a guest wants to be
    called; the name that was given is `user`, and is kept over reconnects. ``token`` and ``ticket``
    may be functions that give one; a token's is asked again before it expires. ``on_gap`` hears of
    losses in any room.

    Raises, from rooms and commands:
        ChatEndedError: the chat will not have this connection again unchanged.
    """

    url: str
    _: KW_ONLY
    name: str = ""
    token: str | Provider | None = field(default=None, repr=False)
    ticket: Provider | None = field(default=None, repr=False)
    on_gap: Callable[[RoomGap], None] | None = None
    on_state: Callable[[State], None] | None = None
    timing: Timing = field(default_factory=Timing)

    def __post_init__(self) -> None:
        self.state = State.OFFLINE
        self.connections = 0
        self._credentials = Credentials(token=self.token, ticket=self.ticket)
        self._reconnection = Reconnection(self.timing)
        self._talk = Conversation(
            timing=self.timing,
            credentials=self._credentials,
            reconnection=self._reconnection,
            on_live=self._welcomed,
            on_gap=self.on_gap,
            start=self._start,
        )
        self._over: Exception | None = None
        self._up = asyncio.Event()
        self._renewed = False
        self._socket: ClientConnection | None = None
        self._chores: set[asyncio.Task[None]] = set()
        self._group: asyncio.TaskGroup | None = None

    @property
    def user(self) -> str:
        """The name that was given; empty before the first welcome."""
        return self._talk.user

    @property
    def farewells(self) -> int:
        """Connections that the chat asked to come back elsewhere before it ended them."""
        return self._talk.farewells

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name="chat")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        self._end(ChatEndedError(DONE), quietly=True)
        if self._socket is not None:
            await self._socket.close()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    # ---------------------------------------------------------------- what is asked of it

    async def join(self, name: str, *, after: Position | None = None, recent: bool = True) -> Room:
        """Enter a room; one that is joined already is given again.

        ``after``: a position kept from an earlier run, to go on from. Without it, a newcomer is
        shown the last messages, unless not ``recent``.

        Raises:
            CommandRefusedError: the chat doesn't let this user in.
            ChatEndedError: the chat is over.
        """
        self._check()
        talk = self._talk
        room = talk.rooms.get(name)
        if room is None:
            room = talk.rooms[name] = Room(self, name, after=after, recent=recent)
            talk.entering[name] = asyncio.get_running_loop().create_future()
            line = talk.open_line()
            if line is not None:
                talk.enter(room, line)
        entering = talk.entering.get(name)
        if entering is not None:
            await asyncio.shield(entering)
        return room

    async def command(self, action: str, room: Room, within: timedelta, **fields: object) -> str:
        """Have something stored, however many connections it takes; gives its position."""
        self._check()
        talk = self._talk
        if talk.rooms.get(room.name) is not room:
            raise CommandRefusedError(action, "not_joined", f"room {room.name!r} was left")
        cid = uuid.uuid4().hex
        frame = encode_frame(action, room=room.name, cid=cid, **fields)
        if len(frame.encode()) > talk.limits.frame_bytes:
            # Sent, it would end the connection, and with it whatever else is on its way.
            detail = f"a frame may have {talk.limits.frame_bytes} bytes"
            raise CommandRefusedError(action, "text_too_long", detail)
        command = talk.outbox.add(cid, room.name, action, frame, within=within.total_seconds())
        talk.send(command)
        return await command.done

    async def page(self, room: Room, *, before: str | None, limit: int) -> Page:
        """Read history; asked again when the connection is lost."""
        while True:
            line = await self._line()
            try:
                answer = await line.ask("history", room=room.name, before=before, limit=limit)
            except LineLostError:
                continue
            assert isinstance(answer, HistoryPage)  # noqa: S101 - matched by `Line`
            return Page(answer.messages, answer.more)

    def type_in(self, room: Room) -> None:
        """Tell that one is writing."""
        line = self._talk.open_line()
        if line is not None and room.here:
            line.ask("typing", room=room.name)

    async def leave(self, room: Room) -> None:
        """Go out."""
        if self._talk.rooms.get(room.name) is not room:
            return
        del self._talk.rooms[room.name]
        line = self._talk.open_line()
        was_here = room.here
        room.end()
        if line is not None and was_here:
            try:
                await line.ask("leave", room=room.name)
            except (LineLostError, CommandRefusedError):
                return

    # ---------------------------------------------------------------- connections

    async def _run(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                group.create_task(self._keep())
                while True:
                    self._reconnection.begin()
                    self._tell(State.RESUMING if self.user else State.CONNECTING)
                    self.connections += 1
                    ending = await self._attempt()
                    self._tell(State.OFFLINE)
                    self._judge(ending)
                    await self.timing.sleep(self._reconnection.wait())
        except* ChatEndedError as group_error:
            self._end(group_error.exceptions[0])
        except* Exception as group_error:  # noqa: BLE001 - raised where it is waited for
            self._end(group_error.exceptions[0])

    async def _attempt(self) -> _Ending:
        """Connect, and talk to the end, whatever it is."""
        try:
            headers = await self._credentials.headers()
            async with connect(
                await self._address(),
                additional_headers=headers,
                subprotocols=[Subprotocol(SUBPROTOCOL)],
                compression=None,
                max_size=_FRAME_BYTES,
                ping_interval=_PING,
                ping_timeout=_PING,
                close_timeout=_CLOSE,
            ) as socket:
                await self._converse(socket)
        except InvalidStatus as error:
            return _ending_of(error.response.status_code)
        except (OSError, TimeoutError, InvalidHandshake, BadEventError, ConnectionClosed):
            return _Ending(ABNORMAL, "", Return.BACK_OFF)
        code = socket.close_code or ABNORMAL
        return _Ending(code, socket.close_reason or "", after_close(code))

    async def _address(self) -> str:
        query = await self._credentials.query()
        if self.user or self.name:
            query["name"] = self.user or self.name
        if self._talk.session:
            query["session"] = self._talk.session
        url = self.url.rstrip("/").replace("http", "ws", 1) if self.url[:4] == "http" else self.url
        return f"{url.rstrip('/')}/ws" + ("?" + urlencode(query) if query else "")

    async def _converse(self, socket: ClientConnection) -> None:
        line = self._talk.line = Line(socket)
        self._socket = socket
        self._start(line.write())
        try:
            async with asyncio.timeout(WELCOME_WITHIN) as welcome:
                async for text in socket:
                    frame = decode_frame(text)
                    if frame is not None:
                        self._talk.hear(frame, line)
                    if line.welcomed:
                        welcome.reschedule(None)
        except ConnectionClosed:
            pass
        finally:
            self._socket = None
            self._up.clear()
            self._talk.lost()
            for chore in self._chores:
                chore.cancel()

    def _judge(self, ending: _Ending) -> None:
        """Go on, or raise why not."""
        if ending.code == TOO_LARGE:
            self._give_up_sent()
        back = ending.back
        if back is Return.NEW_TOKEN and self._credentials.renewable and not self._renewed:
            # Once between two welcomes: a provider that gives what is refused is no way out.
            self._renewed = True
            self._credentials.spoil()
        elif back is not Return.BACK_OFF:
            raise ChatEndedError(ending.code, ending.reason)

    def _give_up_sent(self) -> None:
        """Sent again unchanged, a frame that was too large would end every connection."""
        for room in self._talk.rooms:
            for command in self._talk.outbox.of(room):
                if command.sent_by is not None:
                    error = UnconfirmedError(command.cid, "the chat took a frame for too large")
                    self._talk.outbox.fail(command, error)

    async def _keep(self) -> None:
        """Watch over what was sent: too long without an answer, and the connection is suspect."""
        outbox = self._talk.outbox
        while True:
            await asyncio.sleep(_UPKEEP)
            outbox.expire()
            if outbox.oldest_wait() > ACK_WITHIN and self._socket is not None:
                self._tell(State.STALE)
                self._socket.transport.abort()

    # ---------------------------------------------------------------- small things

    def _start(self, chore: Coroutine[Any, Any, None]) -> None:
        assert self._group is not None  # noqa: S101 - frames come within it only
        task = self._group.create_task(chore)
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)

    async def _line(self) -> Line:
        while True:
            self._check()
            line = self._talk.open_line()
            if line is not None:
                return line
            await self._up.wait()

    def _welcomed(self) -> None:
        self._renewed = False
        self._up.set()
        self._tell(State.LIVE)

    def _check(self) -> None:
        if self._over is not None:
            raise self._over

    def _end(self, error: Exception, *, quietly: bool = False) -> None:
        if self._over is not None:
            return
        self._over = error
        self._tell(State.OFFLINE)
        talk = self._talk
        talk.outbox.end(error)
        for entering in talk.entering.values():
            if not entering.done():
                entering.set_exception(error)
                entering.exception()
        for room in talk.rooms.values():
            room.end(None if quietly else error)
        self._up.set()

    def _tell(self, state: State) -> None:
        if state is not self.state:
            self.state = state
            if self.on_state is not None:
                self.on_state(state)


def _ending_of(status: int) -> _Ending:
    """What an HTTP answer instead of a WebSocket says about coming back."""
    reason = f"HTTP {status}"
    if status == HTTPStatus.UNAUTHORIZED:
        return _Ending(status, reason, Return.NEW_TOKEN)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _TRY_AGAIN:
        return _Ending(status, reason, Return.BACK_OFF)
    return _Ending(status, reason, Return.NEVER)
