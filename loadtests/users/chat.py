"""A guest who talks in a room, and whose network comes and goes."""

import random
import time
import uuid
from collections import defaultdict
from typing import Any, Final

import gevent  # type: ignore[import-untyped]
from locust import User, between, task
from websocket import WebSocketException

from crowd.finding import Finding, Kind
from crowd.position import Position, parse_position
from crowd.room import Attendance, Room
from users import options  # noqa: F401 - adds --chat-path, --rooms and --stay
from users.socket import ClosedError, Frame, NotOfChatError, Socket
from users.telling import Teller

ANSWER_SECONDS: Final = 10.0
PAUSE_SECONDS: Final = (1.0, 5.0)
"""Between two posts of one user; chat takes five a second."""
RECONNECT_SECONDS_MAX: Final = 30.0

_rooms: defaultdict[str, Room] = defaultdict(Room)
"""What all members in this process saw."""


class UnansweredError(Exception):
    """What chat has to answer did not come in time."""


class DrainedError(Exception):
    """This replica leaves: the end of a connection, and no failure."""


_BROKEN: Final = (ClosedError, NotOfChatError, UnansweredError)


class ChatUser(User):
    """Joins a room, posts, and comes back with the position it has, where it continues.

    Every member has to see the same messages in the same order, each once; what is acknowledged is
    among them; what was not acknowledged when the connection ended is posted again.
    """

    wait_time = between(0.2, 5)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        number = random.randrange(self.environment.parsed_options.rooms)  # noqa: S311 - no secret
        self._room = f"load-{number}"
        self._attendance = Attendance(_rooms[self._room])
        self._tell = Teller(self.environment, "WS")
        self._identity = {"name": f"load-{uuid.uuid4().hex[:8]}"}
        self._unanswered: dict[str, str] = {}

    @task
    def converse(self) -> None:
        """One connection, for a random time."""
        options_ = self.environment.parsed_options
        self._began, self._back_in = time.time(), 0.0
        stay = random.expovariate(1 / options_.stay)
        try:
            with Socket(str(self.host), options_.chat_path, **self._identity) as socket:
                self._tell.took("connect", self._age())
                self._enter(socket)
                self._talk(socket, until=time.monotonic() + stay)
        except DrainedError:
            self._tell.took("drain", self._age())
        except (OSError, WebSocketException, *_BROKEN) as error:
            self._tell.failed("connection", error, seconds=self._age())
        gevent.sleep(min(self._back_in, RECONNECT_SECONDS_MAX))

    def on_stop(self) -> None:
        """Compare with the others, when the run ends."""
        self._tell.found(self._attendance.reconcile())

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
