"""A page's stream: followed, left in the middle, and come back to with the position it has."""

import http.client
import json
import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

import gevent  # type: ignore[import-untyped]
from locust.env import Environment

from crowd.contiguity import Contiguity
from crowd.feed import Farewell, Hello, NotOfTheFeedError, Readings, Told, decode
from crowd.lumps import Lumps
from crowd.pattern import matches
from crowd.sse import Event
from crowd.witness import Filtered, Witness
from users.health import HEALTH
from users.options import options_of
from users.stream import HeldBackError, RefusedError, Stream, connection_to
from users.telling import Teller
from users.weather import WEATHER

RECONNECT_SECONDS_MAX: Final = 30.0
_PACES: Final = ("1", "2")
_HONEST_ENDS: Final = (OSError, http.client.HTTPException, RefusedError, NotOfTheFeedError)

_witness = Witness()
_viewers: list["Viewer"] = []
_catalogues: dict[str, tuple[str, ...]] = {}


class TurnedAwayError(Exception):
    """The feed had no place for this client."""


class LumpError(Exception):
    """Readings of several seconds came at once: something on the way holds them back."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a dashboard asks for: a filter, or all; at most so many events a second, or all."""

    patterns: tuple[str, ...] = ()
    max_hz: str = ""

    @property
    def query(self) -> str:
        """As the stream takes it."""
        pairs = [("sensor", pattern) for pattern in self.patterns]
        pairs += [("max_hz", self.max_hz)] if self.max_hz else []
        return f"?{urlencode(pairs)}" if pairs else ""

    def covers(self, name: str) -> bool:
        """Whether a sensor is asked for."""
        return not self.patterns or any(matches(pattern, name) for pattern in self.patterns)


class Viewer:
    """One page over all its connections: nothing missing from what it saw, and nothing twice."""

    def __init__(self, environment: Environment, host: str) -> None:
        self._options = options_of(environment)
        self._host = host
        self._tell = Teller(environment, "SSE")
        self._wish: Wish | None = None
        self._gzip = random.random() < self._options.gzip  # noqa: S311 - no secret
        self._seen: Contiguity | Filtered = Contiguity()
        self._back_in = 0.0

    def follow(self) -> None:
        """One connection, for a random time; and at once another one as long as ours is cut."""
        if self._wish is None:
            self._choose()
        while self._follow():
            pass
        gevent.sleep(min(self._back_in, RECONNECT_SECONDS_MAX))

    def reconcile(self) -> None:
        """Compare with the witness, when the run ends."""
        if isinstance(self._seen, Filtered):
            self._tell.found(self._seen.reconcile())

    def _choose(self) -> None:
        names = _catalogue(self._host, self._options.feed_path)
        # The first of each process sees everything: without a witness nobody could miss anything.
        kind = _drawn(self._options.streams) if _viewers else "all"
        _viewers.append(self)
        self._wish = wish_for(kind, names)
        if self._wish != Wish():
            paced = bool(self._wish.max_hz)
            self._seen = Filtered(_witness, asked_for=self._wish.covers, paced=paced)

    def _follow(self) -> bool:
        self._began, self._back_in = time.time(), 0.0
        self._tell.tried()
        stay = random.expovariate(1 / stay_seconds(self._options))
        position = self._seen.position
        target = self._options.feed_path + (self._wish.query if self._wish else "")
        last_event_id = str(position) if position else ""
        stream = Stream(self._host, target, last_event_id=last_event_id, gzip=self._gzip)
        try:
            with stream, WEATHER.over(stream), gevent.Timeout(stay, exception=False):
                # Interrupted at any moment, also within an event: so is a page on a real network.
                self._read(stream)
        except HeldBackError as error:
            self._tell.failed("held back", error, seconds=self._age())
        except _HONEST_ENDS as error:
            if not stream.was_cut:
                self._tell.failed("connection", error, seconds=self._age())
        if stream.was_cut:
            self._tell.took("cut", self._age())
        elif self._age() > stay and not self._greeted and stay > 1:
            self._tell.failed("held back", HeldBackError("no event before its user left"))
        self.reconcile()
        return stream.was_cut

    def _read(self, stream: Stream) -> None:
        self._greeted = False
        self._seen.connected()
        stream.open()
        self._tell.took("connect", self._age())
        self._tell.opened(1)
        try:
            lumps = Lumps(since=self._began)
            for events in stream.arrivals():
                for event in events:
                    self._take(event, lumps)
                if span := lumps.arrived(late=HEALTH.late):
                    self._tell.failed(
                        "held back", LumpError("more than a second at once"), seconds=span
                    )
        finally:
            self._tell.opened(-1)

    def _take(self, event: Event, lumps: Lumps) -> None:
        told: Told = decode(event)
        match told:
            case Hello():
                self._greeted = True
                name = "reconnect" if told.resumed else "first event"
                self._tell.took(name, self._age(), size=len(event.data))
            case Readings():
                self._readings(told, lumps, size=len(event.data))
            case Farewell():
                self._farewell(told)
            case _:
                pass
        self._tell.found(self._seen.take(told))

    def _readings(self, readings: Readings, lumps: Lumps, *, size: int) -> None:
        """Tell the delay of the oldest reading of an event; what is replayed has another one."""
        if isinstance(self._seen, Contiguity):
            _witness.note(readings)
        oldest = min(readings.times, default=self._began)
        paced = bool(self._wish and self._wish.max_hz)
        if oldest < self._began:
            self._tell.took("replay", self._age(), size=size)
        elif paced:
            self._tell.took("paced delay", time.time() - oldest, size=size)
        else:
            lumps.event(oldest, max(readings.times))
            self._tell.took("event delay", time.time() - oldest, size=size)

    def _farewell(self, farewell: Farewell) -> None:
        self._back_in = farewell.reconnect_in
        if farewell.type == "drain" or self._options.shape == "rolling":
            self._tell.took(farewell.type, self._age())
        else:
            self._tell.failed("connection", TurnedAwayError("busy"), seconds=self._age())

    def _age(self) -> float:
        return time.time() - self._began


def stay_seconds(options: object) -> float:
    """How long a connection lasts, in the mean."""
    stay: float = getattr(options, "stay", 0.0)
    return stay or (600.0 if getattr(options, "shape", "") == "soak" else 20.0)


def wish_for(kind: str, names: tuple[str, ...]) -> Wish:
    """A dashboard's wish of one kind; everything, where there are no sensors to choose from."""
    if kind == "paced":
        return Wish(max_hz=random.choice(_PACES))  # noqa: S311 - no secret
    if kind == "all" or not names:
        return Wish()
    device, *_, quantity = random.choice(names).split("/")  # noqa: S311 - as above
    return Wish((f"{device}/>",)) if kind == "device" else Wish((f"*/{quantity}",))


def _drawn(shares: str) -> str:
    weights = Counter({k: float(w) for k, _, w in (s.partition(":") for s in shares.split(","))})
    return random.choices(list(weights), list(weights.values()))[0]  # noqa: S311 - as above


def _catalogue(host: str, feed_path: str) -> tuple[str, ...]:
    """The sensors that the feed knows, asked for once; none where it can't be had."""
    path = f"{feed_path.rpartition('/')[0]}/sensors"
    if path not in _catalogues:
        connection = connection_to(host)
        with suppress(OSError, http.client.HTTPException, ValueError, KeyError):
            connection.request("GET", path)
            told = json.loads(connection.getresponse().read())
            _catalogues[path] = tuple(sensor["n"] for sensor in told["sensors"])
        connection.close()
    return _catalogues.get(path, ())
