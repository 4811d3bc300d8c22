"""A guest who talks in a room, and whose network comes and goes."""

import random
import time
import uuid
from collections import defaultdict
from typing import Final

import gevent  # type: ignore[import-untyped]
from locust.env import Environment
from websocket import WebSocketException

from crowd.finding import Finding, Kind
from crowd.position import Position, parse_position
from crowd.room import Attendance, Room
from users.options import options_of
from users.talk import ClosedError, Frame, NotOfChatError, Socket
from users.telling import Teller
from users.viewer import stay_seconds
from users.weather import WEATHER

ANSWER_SECONDS: Final = 10.0
PAUSE_SECONDS: Final = (1.0, 5.0)
"""Between two posts of one user; chat takes five a second."""
RECONNECT_SECONDS_MAX: Final = 30.0
_READS: Final = 0.3
"""The share of connections on which a member pages back through what was said before."""
_LEAVES: Final = 0.3
"""The share of connections that end with a word, and not with the network."""

_rooms: defaultdict[str, Room] = defaultdict(Room)
"""What all members in this process saw."""


class UnansweredError(Exception):
    """What chat has to answer did not come in time."""


class DrainedError(Exception):
    """This replica leaves: the end of a connection, and no failure."""


_BROKEN: Final = (ClosedError, NotOfChatError, UnansweredError)


class Member:
    """Joins a room, posts, reads, leaves, and comes back to where it was.

    Every member has to see the same messages in the same order, each once; what is acknowledged is
    among them; what was not acknowledged when the connection ended is posted again.
    """

    def __init__(self, environment: Environment, host: str) -> None:
        self._options = options_of(environment)
        self._host = host
        self._room = f"load-{random.randrange(self._options.rooms)}"  # noqa: S311 - no secret
        self._attendance = Attendance(_rooms[self._room])
        self._tell = Teller(environment, "WS")
        self._identity = {"name": f"load-{uuid.uuid4().hex[:8]}"}
        self._unanswered: dict[str, str] = {}
        self._back_in = 0.0

    def converse(self) -> None:
        """One connection, for a random time; and at once another one as long as ours is cut."""
        while self._converse():
            pass
        gevent.sleep(min(self._back_in, RECONNECT_SECONDS_MAX))

    def reconcile(self) -> None:
        """Compare with the others, when the run ends."""
        self._tell.found(self._attendance.reconcile())

    def _converse(self) -> bool:
        self._began, self._back_in = time.time(), 0.0
        self._tell.tried()
        stay = random.expovariate(1 / stay_seconds(self._options))
        socket = Socket(self._host, self._options.chat_path, **self._identity)
        try:
            with socket, WEATHER.over(socket):
                self._stay(socket, until=time.monotonic() + stay)
        except DrainedError:
            self._tell.took("drain", self._age())
        except (OSError, WebSocketException, *_BROKEN) as error:
            if not socket.was_cut:
                self._tell.failed("connection", error, seconds=self._age())
        if socket.was_cut:
            self._tell.took("cut", self._age())
        return socket.was_cut

    def _stay(self, socket: Socket, *, until: float) -> None:
        self._tell.took("connect", self._age())
        self._tell.opened(1)
        try:
            self._enter(socket)
            if random.random() < _READS:  # noqa: S311 - no secret
                self._read(socket)
            self._talk(socket, until=until)
            if random.random() < _LEAVES:  # noqa: S311 - as above
                self._leave(socket)
        finally:
            self._tell.opened(-1)

    def _enter(self, socket: Socket) -> None:
        welcome = self._wait_for(socket, "welcome")
        self._identity = {"name": welcome["user"], "session": welcome["session"]}
        last = self._attendance.last
        socket.send("join", room=self._room, **({"after": str(last)} if last else {}))
        joined = self._wait_for(socket, "joined")
        self._tell.took("reconnect" if joined["resumed"] else "join", self._age())
        if not joined["resumed"]:
            if last is not None:
                detail = f"begun afresh at {joined['head']}, not {last}"
                self._tell.found([Finding(Kind.GAP, 0, detail)])
            self._tell.found(self._attendance.restarted(parse_position(joined["head"])))
        for message in joined["messages"]:
            self._see(message)

    def _read(self, socket: Socket) -> None:
        asked = time.monotonic()
        socket.send("history", room=self._room, limit=50)
        try:
            messages = self._wait_for(socket, "history")["messages"]
        except NotOfChatError as error:
            # The store is away, as is said: the room goes on without it.
            self._tell.failed("history", error)
            return
        self._tell.took("history", time.monotonic() - asked)
        offsets = [parse_position(message["position"]).offset for message in messages]
        if offsets != sorted(set(offsets)):
            self._tell.found([Finding(Kind.ORDER, 1, f"history of {self._room}: {offsets}")])

    def _leave(self, socket: Socket) -> None:
        asked = time.monotonic()
        socket.send("leave", room=self._room)
        self._wait_for(socket, "left")
        self._tell.took("leave", time.monotonic() - asked)

    def _talk(self, socket: Socket, *, until: float) -> None:
        # What the last connection left open goes first, under the same cid: it is stored once.
        for cid, text in tuple(self._unanswered.items()):
            self._post(socket, cid, text)
        while (now := time.monotonic()) < until:
            pause = random.uniform(*PAUSE_SECONDS)  # noqa: S311 - as above
            self._listen(socket, until=min(until, now + pause))
            if time.monotonic() < until:
                self._post(socket, uuid.uuid4().hex, f"{time.time():.6f} from a crowd")
        self._listen(socket, until=time.monotonic() + ANSWER_SECONDS, awaited_only=True)
        for cid, position in self._attendance.awaited.items():
            detail = f"{cid} at {position} never came to its author"
            self._tell.found([Finding(Kind.LOST, 1, detail)])

    def _listen(self, socket: Socket, *, until: float, awaited_only: bool = False) -> None:
        while not awaited_only or self._attendance.awaited:
            frame = socket.receive(until)
            if frame is None:
                return
            self._take(frame)

    def _post(self, socket: Socket, cid: str, text: str) -> None:
        self._unanswered[cid] = text
        self._attendance.posted(cid)
        sent = time.monotonic()
        socket.send("post", room=self._room, cid=cid, text=text)
        while cid in self._unanswered:
            frame = socket.receive(sent + ANSWER_SECONDS)
            if frame is None:
                raise UnansweredError("post")
            self._take(frame)
        self._tell.took("ack", time.monotonic() - sent)

    def _wait_for(self, socket: Socket, type_: str) -> Frame:
        until = time.monotonic() + ANSWER_SECONDS
        while frame := socket.receive(until):
            if frame["type"] == type_:
                return frame
            self._take(frame)
        raise UnansweredError(type_)

    def _take(self, frame: Frame) -> None:
        match frame["type"]:
            case "message":
                self._see(frame)
            case "ack":
                self._unanswered.pop(frame["cid"], None)
                position = parse_position(frame["position"])
                self._tell.found(self._attendance.acked(position, frame["cid"]))
            case "gap":
                self._gap(parse_position(frame["to"]), f"{frame['from']} to {frame['to']}")
            case "drain":
                self._back_in = frame["reconnect_in_ms"] / 1000
                raise DrainedError
            case "error":
                raise NotOfChatError(frame["code"])
            case _:  # presence, typing and what is yet to come: nothing to check
                pass

    def _gap(self, to: Position, detail: str) -> None:
        self._tell.found([Finding(Kind.GAP, 1, detail), *self._attendance.restarted(to)])

    def _see(self, message: Frame) -> None:
        position = parse_position(message["position"])
        self._tell.found(self._attendance.seen(position, message["cid"]))
        sent_at = _sent_at(message["text"])
        if sent_at >= self._began:
            self._tell.took("delivery", time.time() - sent_at, size=len(message["text"]))

    def _age(self) -> float:
        return time.time() - self._began


def _sent_at(text: str) -> float:
    """When a message of ours was sent, by the clock of its author; 0 if it is somebody else's."""
    try:
        return float(text.partition(" ")[0])
    except ValueError:
        return 0.0
