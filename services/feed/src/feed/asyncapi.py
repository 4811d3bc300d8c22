"""The stream of readings as an AsyncAPI document: what ``GET /asyncapi.yaml`` answers."""

from functools import cache
from typing import Any, Final

from feed.events import (
    Busy,
    Drain,
    Expired,
    Expiring,
    GapTold,
    Heartbeat,
    Hello,
    NotResumed,
    Status,
)
from feed.frames import frame_of
from feed.pace import Aggregate
from feed.query import HEARTBEAT_MAX, HEARTBEAT_MIN, MAX_HZ_MAX, MAX_HZ_MIN, PATTERNS_MAX
from realtime.asyncapi import Channel, Message, Service, as_yaml, asyncapi
from realtime.contracts import Record
from realtime.framing import GapReason
from realtime.identity.watch import EndReason
from realtime.schemas import Schema

POSITION: Final[Schema] = {"type": "string", "pattern": "^[a-z0-9]{4,16}-[0-9]{1,19}$"}
PATTERNS: Final[Schema] = {
    "type": "array",
    "items": {"type": "string", "pattern": r"^[A-Za-z0-9_*>/-]+$"},
    "maxItems": PATTERNS_MAX,
    "description": "Which sensors: patterns on `/` tokens, `*` for any one and at the end `>` for "
    "all that follow. Repeatable; absent means all.",
}
QUERY: Final[Schema] = {
    "type": "object",
    "properties": {
        "sensor": PATTERNS,
        "max_hz": {
            "type": "number",
            "minimum": MAX_HZ_MIN,
            "maximum": MAX_HZ_MAX,
            "description": "At most so many events a second, each with an aggregate.",
        },
        "agg": {
            "type": "string",
            "enum": [*Aggregate],
            "description": "What stands for all readings of one sensor; goes with `max_hz`.",
        },
        "heartbeat": {
            "type": "number",
            "minimum": HEARTBEAT_MIN.total_seconds(),
            "maximum": HEARTBEAT_MAX.total_seconds(),
            "description": "Longest silence in seconds.",
        },
        "last_event_id": {
            "type": "string",
            "description": "The last id that was seen, for clients that can't send the header; the "
            "header Last-Event-ID wins. What is no position is answered by a fresh start.",
        },
        "lastEventId": {"type": "string", "description": "The same, as some clients name it."},
        "ticket": {"type": "string", "description": "A ticket from POST /tickets."},
    },
    "additionalProperties": False,
}
"""What a stream may be asked for, parameter by parameter."""

_AT: Final = "e3f9c2-184471"
PACK: Final = (
    Record(n="greenhouse-1/temperature", u="Cel", v=21.4, t=1795343351.242),
    Record(n="greenhouse-1/door", vb=True, t=1795343351.25),
    Record(n="greenhouse-1/mode", vs="night", t=1795343351.25),
)
"""An example of a pack: a number with its unit, a truth, a text."""


def _event(
    name: str, payload: Any, *examples: object, at: bool = False, description: str = ""
) -> Message:
    """An event; ``at``: it carries a position as its id."""
    fields: Schema = {
        "event": {"type": "string", "const": name},
        "retry": {
            "type": "integer",
            "minimum": 0,
            "description": "Reconnection time in ms, with the first event of a stream.",
        },
    }
    if at:
        fields["id"] = POSITION
    return Message(
        name=name,
        payload=payload,
        examples=examples,
        headers={
            "type": "object",
            "properties": fields,
            "required": ["event", "id"] if at else ["event"],
            "additionalProperties": False,
        },
        header_examples={"event": name} | ({"id": _AT} if at else {}),
        description=description,
    )


EVENTS: Final = (
    _event(
        "hello",
        Hello,
        Hello(epoch="e3f9c2", resumed=True, heartbeat=15, server_time=1795343351.2),
        Hello(
            epoch="e3f9c2",
            resumed=False,
            heartbeat=15,
            server_time=1795343351.2,
            reason=NotResumed.BAD_POSITION,
        ),
        at=True,
    ),
    _event(
        "snapshot",
        list[Record],
        PACK,
        at=True,
        description="The latest of each matching sensor, unless the stream resumes; after a gap.",
    ),
    _event(
        "readings",
        list[Record],
        PACK[:1],
        at=True,
        description="Readings, replayed and then live, in the order of the log. Those of one flush "
        "share one event, whose id is the last offset included.",
    ),
    _event(
        "gap",
        GapTold,
        GapTold(first=184472, to=184990, reason=GapReason.EVICTED),
        at=True,
    ),
    _event("heartbeat", Heartbeat, Heartbeat(server_time=1795343366.2), at=True),
    _event("status", Status, Status("down"), Status("up")),
    _event("drain", Drain, Drain(reconnect_in_ms=1830)),
    _event("busy", Busy, Busy(reconnect_in_ms=2417, reason="full")),
    _event("expiring", Expiring, Expiring(in_ms=30_000)),
    _event("expired", Expired, Expired(EndReason.EXPIRED)),
)

READINGS: Final = Channel(
    name="readings",
    address="/readings",
    description="Server-Sent Events. The message's name is the event's, its payload the event's "
    "data, its headers the event's other fields. A stream begins with `hello`, or with `busy` and "
    "ends. Refusals are problem documents: see /openapi.json.",
    sends=EVENTS,
    servers=["edge", "replica"],
    send_bindings={"http": {"method": "GET", "query": QUERY, "bindingVersion": "0.3.0"}},
)
SOCKET: Final = Channel(
    name="socket",
    address="/ws/readings",
    description="The same stream as a WebSocket, for comparing transports. Every frame is one JSON "
    "object in a text frame: `type` is the event's name, `id` its id, `data` its data. A client "
    "says nothing; one that does is ended.\n\n"
    "Close codes: 1009 frame too large, 1011 our bug, 1012 drain, 1013 full or no broker; 4008 "
    "slow, 4009 no pong (come back with backoff); 4500 bad token, 4501 bad frames, 4503 forbidden "
    "origin or sensor, 4505 limit, 4511 token expired (don't come back unchanged).",
    sends=[frame_of(event, at=_AT) for event in EVENTS],
    servers=["edge_socket", "replica_socket"],
    bindings={"ws": {"method": "GET", "query": QUERY, "bindingVersion": "0.1.0"}},
)
_HOSTS: Final[dict[str, Schema]] = {
    "edge": {
        "host": "localhost:8080",
        "pathname": "/feed",
        "description": "Behind the edge, as `make up` starts it.",
    },
    "replica": {"host": "localhost:8101", "description": "One replica."},
}


@cache
def document() -> dict[str, Any]:
    """The document, made once."""
    return asyncapi(
        Service(
            title="Airwave feed",
            version="1",
            description="Live sensor readings (SenML, RFC 8428) over Server-Sent Events.",
            servers={
                name + suffix: {**host, "protocol": protocol}
                for suffix, protocol in (("", "http"), ("_socket", "ws"))
                for name, host in _HOSTS.items()
            },
            channels=[READINGS, SOCKET],
            also=[Record],
        )
    )


@cache
def document_yaml() -> bytes:
    """The document as it is served."""
    return as_yaml(document())
