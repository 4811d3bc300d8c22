"""A page that shows every sensor, and whose network comes and goes."""

import random
import time
from typing import Any, Final

import gevent  # type: ignore[import-untyped]
from geventhttpclient.response import HTTPParseError
from locust import User, between, task

from crowd.contiguity import Contiguity
from crowd.feed import Farewell, Hello, NotOfTheFeedError, Readings, decode
from users import options  # noqa: F401 - adds --feed-path and --stay
from users.stream import RefusedError, Stream
from users.telling import Teller

RECONNECT_SECONDS_MAX: Final = 30.0


class TurnedAwayError(Exception):
    """The feed had no place for this client."""


class DashboardUser(User):
    """Follows the unfiltered stream, leaves in the middle of it, and comes back with its position.

    Nothing may be missing from what it saw over all its connections, and nothing twice.
    """

    wait_time = between(0.2, 5)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._seen = Contiguity()
        self._tell = Teller(self.environment, "SSE")

    @task
    def follow(self) -> None:
        """One connection, for a random time."""
        options_ = self.environment.parsed_options
        position = self._seen.position
        self._began = time.time()
        self._back_in = 0.0
        stay = random.expovariate(1 / options_.stay)
        last_event_id = str(position) if position else ""
        try:
            with (
                Stream(str(self.host), options_.feed_path, last_event_id=last_event_id) as stream,
                gevent.Timeout(stay, exception=False),
            ):
                # Interrupted at any moment, also within an event: so is a page on a real network.
                self._read(stream)
        except (OSError, HTTPParseError, RefusedError, NotOfTheFeedError) as error:
            self._tell.failed("connection", error, seconds=self._age())
        gevent.sleep(min(self._back_in, RECONNECT_SECONDS_MAX))

    def _read(self, stream: Stream) -> None:
        self._seen.connected()
        stream.open()
        self._tell.took("connect", self._age())
        for event in stream:
            told = decode(event)
            match told:
                case Hello():
                    name = "reconnect" if told.resumed else "first event"
                    self._tell.took(name, self._age(), size=len(event.data))
                case Readings():
                    self._readings(told, size=len(event.data))
                case Farewell():
                    self._farewell(told)
                case _:
                    pass
            self._tell.found(self._seen.take(told))

    def _readings(self, readings: Readings, *, size: int) -> None:
        """Tell the delay of the oldest reading of an event; what is replayed has another one."""
        oldest = min(readings.times, default=self._began)
        if oldest >= self._began:
            self._tell.took("event delay", time.time() - oldest, size=size)
        else:
            self._tell.took("replay", self._age(), size=size)

    def _farewell(self, farewell: Farewell) -> None:
        self._back_in = farewell.reconnect_in
        if farewell.type == "busy":
            self._tell.failed("connection", TurnedAwayError("busy"), seconds=self._age())
        else:
            self._tell.took(farewell.type, self._age())

    def _age(self) -> float:
        return time.time() - self._began
