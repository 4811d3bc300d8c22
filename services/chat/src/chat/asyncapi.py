"""The WebSocket of chat as an AsyncAPI document: what ``GET /asyncapi.yaml`` answers."""

from functools import cache
from typing import Any, Final

import msgspec

from chat.client_frames import (
    AskHistory,
    Delete,
    Edit,
    Join,
    Leave,
    Post,
    React,
    Refresh,
    Typing,
)
from chat.errors import Code
from chat.protocol import (
    SUBPROTOCOL,
    Ack,
    Deleted,
    Drain,
    Edited,
    ErrorTold,
    Expiring,
    GapTold,
    HistoryPage,
    Joined,
    Left,
    Limits,
    Message,
    PresenceTold,
    Reacted,
    Refreshed,
    StoredMessage,
    TypingTold,
    Welcome,
    encode_stored,
)
from realtime.asyncapi import Channel, Service, as_yaml, asyncapi
from realtime.asyncapi import Message as Documented
from realtime.framing import GapReason

_AT, _LATER = "c81d04-1204", "c81d04-1207"
_TIME: Final = 1795343351.242
STORED: Final = (
    StoredMessage(position=_AT, cid="k1", user="ada", text="hello", time=_TIME),
    StoredMessage(
        position="c81d04-1205",
        cid="k2",
        user="bob",
        text="hello, Ada",
        time=_TIME,
        edited=_TIME + 9,
        reactions={"👍": ["ada"]},
    ),
    StoredMessage(position="c81d04-1206", cid="k3", user="bob", time=_TIME, deleted=True),
)
"""Examples of stored messages: as it was posted, edited with a reaction, deleted."""
STORED_RAW: Final = [msgspec.Raw(encode_stored(message)) for message in STORED]

_ERROR: Final = "error"


def _frame(example: msgspec.Struct, *answers: str) -> Documented:
    """A frame, by an example of it."""
    struct = type(example)
    name = str(struct.__struct_config__.tag)
    return Documented(name=name, payload=struct, examples=[example], answers=answers)


ASKED: Final = (
    _frame(Join(room="lobby", after=_AT), "joined", _ERROR),
    _frame(Leave(room="lobby"), "left", _ERROR),
    _frame(Post(room="lobby", cid="k1", text="hello"), "ack", _ERROR),
    _frame(Edit(room="lobby", position=_AT, text="hello all", cid="k4"), "ack", _ERROR),
    _frame(Delete(room="lobby", position=_AT, cid="k5"), "ack", _ERROR),
    _frame(React(room="lobby", position=_AT, emoji="👍", on=True, cid="k6"), "ack", _ERROR),
    _frame(Typing(room="lobby"), _ERROR),
    _frame(AskHistory(room="lobby", before=_AT, limit=50), "history", _ERROR),
    _frame(Refresh(token="eyJhbGciOiJFZERTQSJ9.e30.c2ln"), "refreshed", _ERROR),  # noqa: S106
)
TOLD: Final = (
    _frame(
        Welcome(
            session="9f0c",
            user="ada",
            heartbeat=20.0,
            limits=Limits(
                rooms=20, text_bytes=4096, replay=1000, posts_per_second=5.0, posts_burst=20
            ),
        )
    ),
    _frame(
        Joined(
            room="lobby", head=_LATER, resumed=False, messages=STORED_RAW, members=["ada"], count=1
        )
    ),
    _frame(Left(room="lobby")),
    _frame(Ack(cid="k1", room="lobby", position=_AT, duplicate=False)),
    _frame(Message(room="lobby", position=_AT, cid="k1", user="ada", text="hello", time=_TIME)),
    _frame(
        Edited(
            room="lobby",
            position=_LATER,
            target=_AT,
            cid="k4",
            user="ada",
            text="hello all",
            time=_TIME,
        )
    ),
    _frame(
        Deleted(room="lobby", position=_LATER, target=_AT, cid="k5", user="ada", time=_TIME),
    ),
    _frame(
        Reacted(
            room="lobby",
            position=_LATER,
            target=_AT,
            cid="k6",
            user="bob",
            emoji="👍",
            on=True,
            time=_TIME,
        )
    ),
    _frame(PresenceTold(room="lobby", joined=["bob"], left=[], count=2)),
    _frame(TypingTold(room="lobby", users=["bob"])),
    _frame(HistoryPage(room="lobby", messages=STORED_RAW, more=True)),
    _frame(GapTold(room="lobby", first=_AT, to=_LATER, reason=GapReason.EVICTED)),
    _frame(
        ErrorTold(
            code=Code.RATE_LIMITED,
            message="too many posts; again in 0.2 s",
            retryable=True,
            cid="k1",
        )
    ),
    _frame(Expiring(in_ms=30_000)),
    _frame(Refreshed(expires=1795343411.0)),
    _frame(Drain(reconnect_in_ms=1830)),
)

SOCKET: Final = Channel(
    name="socket",
    address="/ws",
    description=f"A WebSocket of the subprotocol `{SUBPROTOCOL}` (absent is allowed). Every frame "
    "is one JSON object in a text frame, told apart by its `type`. The first one is `welcome`.\n\n"
    "Close codes: 1000 done, 1009 frame too large, 1011 our bug, 1012 drain, 1013 full; 4008 "
    "slow, 4009 no pong, 4029 rate (come back with backoff); 4500 bad token, 4501 bad frames, 4503 "
    "forbidden origin or room, 4505 limit, 4511 token expired (don't come back unchanged).",
    sends=TOLD,
    receives=ASKED,
    bindings={
        "ws": {
            "method": "GET",
            "query": {
                "type": "object",
                "properties": {
                    "name": {"type": "string", "description": "What a guest wants to be called."},
                    "session": {
                        "type": "string",
                        "description": "Of an earlier welcome: a guest gets its name back.",
                    },
                    "ticket": {"type": "string", "description": "A ticket from POST /tickets."},
                },
            },
            "headers": {
                "type": "object",
                "properties": {"Sec-WebSocket-Protocol": {"type": "string", "const": SUBPROTOCOL}},
            },
            "bindingVersion": "0.1.0",
        }
    },
)


@cache
def document() -> dict[str, Any]:
    """The document, made once."""
    return asyncapi(
        Service(
            title="Airwave chat",
            version="1",
            description="Chat rooms over WebSocket: ordered, acknowledged, resumable.",
            servers={
                "edge": {
                    "host": "localhost:8080",
                    "pathname": "/chat",
                    "protocol": "ws",
                    "description": "Behind the edge, as `make up` starts it.",
                },
                "replica": {
                    "host": "localhost:8102",
                    "protocol": "ws",
                    "description": "One replica.",
                },
            },
            channels=[SOCKET],
            also=[StoredMessage],
        )
    )


@cache
def document_yaml() -> bytes:
    """The document as it is served."""
    return as_yaml(document())
