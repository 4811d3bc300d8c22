"""A reconnect storm: everybody is gone for some seconds and comes back at once to resume."""

import http.client
import json
import time
from dataclasses import dataclass
from typing import Final

from bench import wires
from bench.contenders.ours import Feed
from bench.slots import LAST_OFFSET
from bench.tools import Tools
from infra.ports import LOOPBACK

_BEFORE: Final = 2.0  # seconds of live events before everybody goes
_AFTER: Final = 2.0  # and after everybody is back
_PATIENCE: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """How long it took, in seconds, and what was lost.

    Times are from the first connection attempt until a subscriber has had its first live event,
    with everything before it replayed; ``missing`` and ``repeats`` are events of all subscribers.
    """

    subscribers: int
    rate: float
    away: float
    caught_up: int
    p50: float
    p99: float
    slowest: float
    missing: int
    repeats: int
    refused: int

    @property
    def whole(self) -> bool:
        """Whether everybody is back, and has everything once."""
        return self.caught_up == self.subscribers and not (self.missing or self.repeats)


def measure_storm(tools: Tools, *, subscribers: int, rate: float, away: float) -> Storm:
    """Let everybody follow, go for ``away`` seconds while events go on, and come back at once."""
    tools.say(f"reconnect storm: {subscribers} subscribers, {away:g} s away, {rate:g} events/s")
    with tools.run(Feed()) as running:
        request = _resuming(_epoch(running.audience.port))
        # The stream is new, so the publisher's sequence numbers are its offsets.
        slot = request.index(LAST_OFFSET.encode())
        with tools.subscribers(
            running.audience, verify=True, sample=1, request=request, slot=slot
        ) as crowd:
            crowd.connect(subscribers)
            seconds = _BEFORE + away + _PATIENCE
            with tools.publisher(running.publication, rate=rate, seconds=seconds) as publisher:
                time.sleep(max(0.0, publisher.began + _BEFORE - time.time()))
                crowd.tell("drop")
                time.sleep(away)
                back = crowd.tell("resume", 0, _PATIENCE)
                time.sleep(_AFTER)
                sent = publisher.stop().sent
            end = crowd.tell("await", sent, _PATIENCE)
    return Storm(
        subscribers=subscribers,
        rate=rate,
        away=away,
        caught_up=back["caught_up"],
        p50=back["p50_us"] / 1e6,
        p99=back["p99_us"] / 1e6,
        slowest=back["max_us"] / 1e6,
        missing=end["missing"] + end["behind"],
        repeats=end["repeats"],
        refused=back["failed"],
    )


def _epoch(port: int) -> str:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=10)
    try:
        connection.request("GET", "/readings", headers={"Accept": "text/event-stream"})
        answer = connection.getresponse()
        while line := answer.readline().decode():
            if line.startswith("data: "):
                return str(json.loads(line.removeprefix("data: "))["epoch"])
    finally:
        connection.close()
    raise ConnectionError(port)


def _resuming(epoch: str) -> bytes:
    headers = {"Accept": "text/event-stream", "Last-Event-ID": f"{epoch}-{LAST_OFFSET}"}
    return wires.get("/readings", headers)
