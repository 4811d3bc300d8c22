"""The ways in which readings reach a client, and what each asks for. Pure."""

from enum import StrEnum
from typing import Final

from bench import wires

WAIT_SECONDS: Final = 10
"""How long a long poll is held: all that the feed allows."""
_STREAM: Final = "/feed/readings?heartbeat=60"
_SOCKET: Final = "/feed/ws/readings?heartbeat=60"
_POLLED: Final = "/feed/readings/latest"


class Way(StrEnum):
    """A transport as a client uses it."""

    SSE_GZIP = "sse-gzip"
    SSE = "sse"
    WEBSOCKET = "websocket"
    LONG_POLLING = "long-polling"
    POLLING = "polling"

    @property
    def words(self) -> str:
        """What the tables say."""
        return _WORDS[self]

    @property
    def stays(self) -> bool:
        """Whether it is one connection that stays, and not question and answer."""
        return self not in {Way.LONG_POLLING, Way.POLLING}

    def request(self, have: str) -> bytes:
        """What a client sends; ``have``: the position or entity tag that it holds, or nothing."""
        if self is Way.WEBSOCKET:
            return wires.upgrade(_SOCKET + (f"&last_event_id={have}" if have else ""))
        if self.stays:
            coding = "gzip" if self is Way.SSE_GZIP else "identity"
            headers = {"Accept": "text/event-stream", "Accept-Encoding": coding}
            return wires.get(_STREAM, headers | ({"Last-Event-ID": have} if have else {}))
        headers = {"If-None-Match": have} if have else {}
        if self is Way.LONG_POLLING:
            headers["Prefer"] = f"wait={WAIT_SECONDS}"
        return wires.get(_POLLED, headers)


_WORDS: Final = {
    Way.SSE_GZIP: "SSE, gzip (what a browser gets)",
    Way.SSE: "SSE, not compressed",
    Way.WEBSOCKET: "WebSocket",
    Way.LONG_POLLING: "long polling",
    Way.POLLING: "polling",
}
