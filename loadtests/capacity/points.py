"""One measured point: what a server was given, and what that cost it."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from bench import messages, wires
from bench.contenders import Contender
from bench.contenders.ours import readings
from bench.running import Publication, Running
from bench.slots import SEQUENCE, TIME_S, stamped_text
from bench.subscribers import Subscribers
from bench.tools import Tools

_WARM: Final = 0.7
_TAIL: Final = 0.5
_SETTLE: Final = 1.0
_TICK: Final = 0.01
"""Seconds: what the kernel counts processor time in."""
_SCATTER: Final = 0.05
"""How well one window is expected to repeat."""
_LONG_TEXT: Final = 1_500


@dataclass(frozen=True, slots=True)
class Work:
    """What is published: so many messages a second, short ones or long ones."""

    rate: float
    long: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Rates per second: ``heard`` from the broker, ``writes`` to subscribers, ``bytes`` to them.

    ``posts`` that clients made; ``cpu``: seconds of processor time per second; ``late``: p99.
    """

    service: str
    connections: int
    heard: float
    writes: float
    bytes: float
    posts: float
    cpu: float
    resident: int
    seconds: float
    late: float
    achieved: float

    @property
    def row(self) -> dict[str, float]:
        """What its processor time is explained by."""
        made = {
            "base": 1.0,
            "connection": float(self.connections),
            "write": self.writes,
            "byte": self.bytes,
        }
        if self.service != "edge":
            made["heard"] = self.heard
        if self.service == "chat":
            made["post"] = self.posts
        return made

    @property
    def expected(self) -> float:
        """How well its processor time is known."""
        return float(((_TICK / self.seconds) ** 2 + (_SCATTER * self.cpu) ** 2) ** 0.5)

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def measure_points(
    tools: Tools,
    contender: Contender,
    *,
    stages: Sequence[tuple[int, Sequence[Work]]],
    seconds: float,
) -> Iterator[Point]:
    """A fresh server; for each number of connections, rising, several kinds of work."""
    with tools.run(contender) as running:
        for count, works in stages:
            # Fresh ones each time: these subscribers answer no ping, and chat ends who doesn't.
            with tools.subscribers(running.audience, sample=50) as crowd:
                crowd.connect(count)
                time.sleep(_SETTLE)
                for work in works:
                    tools.say(f"{contender.name}: {count} connections, {_named(work)}")
                    yield _point(tools, contender, running, crowd, count, work, seconds=seconds)


def _named(work: Work) -> str:
    size = "long" if work.long else "short"
    return f"{work.rate:g} {size} messages a second" if work.rate else "nothing said"


def _point(
    tools: Tools,
    contender: Contender,
    running: Running,
    crowd: Subscribers,
    count: int,
    work: Work,
    *,
    seconds: float,
) -> Point:
    idle = Point(
        service=contender.name,
        connections=count,
        heard=0,
        writes=0,
        bytes=0,
        posts=0,
        cpu=0,
        resident=running.resident_bytes(),
        seconds=seconds,
        late=0,
        achieved=1,
    )
    if not work.rate:
        return _window(running, crowd, idle, marks=1)
    publication, marks = _publication(contender, running, long=work.long)
    with tools.publisher(publication, rate=work.rate, seconds=_WARM + seconds + _TAIL) as publisher:
        time.sleep(max(0.0, publisher.began + _WARM - time.time()))
        point = _window(running, crowd, idle, marks=marks)
    heard = work.rate * (marks if contender.name != "chat" else 1)
    return replace(point, heard=heard, achieved=point.writes / (work.rate * count))


def _window(running: Running, crowd: Subscribers, idle: Point, *, marks: int) -> Point:
    before, began = running.cpu(), time.monotonic()
    crowd.tell("start")
    time.sleep(idle.seconds)
    cpu, took = running.cpu().since(before), time.monotonic() - began
    told = crowd.tell("stop")
    return replace(
        idle,
        cpu=cpu.total / took,
        writes=told["deliveries"] / marks / told["seconds"],
        bytes=told["bytes"] / told["seconds"],
        resident=running.resident_bytes(),
        late=told["p99_us"] / 1e6,
    )


def _publication(contender: Contender, running: Running, *, long: bool) -> tuple[Publication, int]:
    """What is published, and how many marks one message of it carries."""
    if not long:
        return running.publication, 1
    if contender.name == "chat":
        text = stamped_text(_LONG_TEXT)
        entry = f'{{"type":"post","cid":"{SEQUENCE}","user":"ada","text":"{text}","time":{TIME_S}}}'
        message = wires.nats_publish(f"rooms.{messages.ROOM}", entry)
        return replace(running.publication, message=message), 1
    return readings(running.publication.port, messages.large_pack()), messages.PACKED
