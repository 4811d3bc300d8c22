"""Chat's HTTP routes as an OpenAPI document: what ``GET /openapi.json`` answers."""

from typing import Any, Final

import msgspec
from fastapi import FastAPI, Response

from chat.asyncapi import STORED_RAW
from chat.listings import RoomList, RoomListed, RoomMessages
from chat.protocol import HISTORY_DEFAULT, HISTORY_LIMIT, StoredMessage
from realtime.identity.answers import TicketGiven
from realtime.openapi import JSON_TYPE, answer, completed, parameters, problems
from realtime.schemas import Schema, reference

_SERVERS: Final[list[Schema]] = [
    {"url": "/chat", "description": "behind the edge"},
    {"url": "/", "description": "one replica"},
]
_POSITION: Final[Schema] = {"type": "string", "pattern": "^[a-z0-9]{4,16}-[0-9]{1,19}$"}
_LIMIT: Final[Schema] = {
    "type": "integer",
    "minimum": 1,
    "maximum": HISTORY_LIMIT,
    "default": HISTORY_DEFAULT,
    "description": "How many at most.",
}

ROOMS: Final[dict[str, Any]] = {
    "response_class": Response,
    "responses": {
        200: answer(
            "A page of rooms.",
            JSON_TYPE,
            reference("RoomList"),
            RoomList([RoomListed("lobby", 3, "c81d04-1206", 1795343351.242)], more=False),
        ),
        **problems(400, 401, 403, 503),
    },
    "openapi_extra": {
        "parameters": parameters(
            {
                "after": _POSITION
                | {"description": "The `position` of the last room of the page before."},
                "limit": _LIMIT,
            }
        )
    },
}
MESSAGES: Final[dict[str, Any]] = {
    "response_class": Response,
    "responses": {
        200: answer(
            "A page of messages.",
            JSON_TYPE,
            reference("RoomMessages"),
            RoomMessages("lobby", STORED_RAW, more=True),
        ),
        **problems(400, 401, 403, 503),
    },
    "openapi_extra": {
        "parameters": parameters(
            {
                "before": _POSITION | {"description": "Those before it; the newest are meant."},
                "after": _POSITION | {"description": "Those after it; the oldest are meant."},
                "limit": _LIMIT,
            }
        )
    },
}
TICKETS: Final[dict[str, Any]] = {
    "status_code": 201,
    "response_class": Response,
    "responses": {
        201: answer(
            "A ticket.",
            JSON_TYPE,
            reference("TicketGiven"),
            TicketGiven("pQ0mS3Zk4uXr1tV5yB7nA9cE2gI6kM8o", 30.0),
        ),
        **problems(401, 403, 404, 503),
    },
    "openapi_extra": {"security": [{"bearer": []}, {"cookie": []}]},
}
WEBSOCKET: Final[dict[str, Any]] = {
    "status_code": 101,
    "response_class": Response,
    "summary": "Socket",
    "description": "The WebSocket. Its frames are in /asyncapi.yaml.",
    "responses": {101: {"description": "A WebSocket."}, **problems(400, 426)},
}


def document(app: FastAPI) -> bytes:
    """The document of chat's routes."""
    made = completed(
        app.openapi(),
        types=[StoredMessage, RoomMessages, RoomListed, RoomList, TicketGiven],
        servers=_SERVERS,
    )
    return msgspec.json.encode(made)
