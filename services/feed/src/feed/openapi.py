"""The feed's HTTP routes as an OpenAPI document: what ``GET /openapi.json`` answers."""

from typing import Any, Final

import msgspec
from fastapi import FastAPI, Response

from feed.asyncapi import PACK, PATTERNS, POSITION, QUERY
from feed.catalogue import SensorList, SensorView
from feed.costs import CostsTold, Transport, TransportCost
from feed.history import Cut, HistoryPage
from feed.history_query import LIMIT_DEFAULT, LIMIT_MAX, TIME_MAX
from realtime.contracts import Record, encode_record
from realtime.identity.answers import TicketGiven
from realtime.openapi import JSON_TYPE, answer, completed, parameters, problems
from realtime.schemas import Schema, reference

_ETAG: Final = '"e3f9c2-184471"'
_SERVERS: Final[list[Schema]] = [
    {"url": "/feed", "description": "behind the edge"},
    {"url": "/", "description": "one replica"},
]
_STREAM: Final = (
    "retry: 2417\nevent: hello\nid: e3f9c2-184467\n"
    'data: {"epoch":"e3f9c2","resumed":true,"heartbeat":15,"server_time":1795343351.2}\n\n'
    "event: readings\nid: e3f9c2-184471\n"
    'data: [{"n":"greenhouse-1/temperature","u":"Cel","v":21.4,"t":1795343351.242}]\n\n'
)
_RECORDS: Final[Schema] = {"type": "array", "items": reference("Record")}

SENSORS: Final[dict[str, Any]] = {
    "response_class": Response,
    "responses": {
        200: answer(
            "Every sensor that may be seen.",
            JSON_TYPE,
            reference("SensorList"),
            SensorList(
                [
                    SensorView(
                        n=PACK[0].n, u="Cel", last=msgspec.Raw(encode_record(PACK[0])), stale=False
                    )
                ]
            ),
        ),
        **problems(401, 403, 503),
    },
}
LATEST: Final[dict[str, Any]] = {
    "response_class": Response,
    "responses": {
        200: {
            **answer("A SenML pack.", "application/senml+json", _RECORDS, PACK),
            "headers": {"ETag": {"schema": {"type": "string"}, "example": _ETAG}},
        },
        304: {"description": "Nothing is newer than what `If-None-Match` names."},
        **problems(400, 401, 403, 503),
    },
    "openapi_extra": {
        "parameters": [
            *parameters({"sensor": PATTERNS}),
            *parameters(
                {
                    "If-None-Match": {"type": "string"},
                    "Prefer": {
                        "type": "string",
                        "description": "`wait=10`: answer when there is something newer than what "
                        "`If-None-Match` names, or after so many seconds, at most the replica's "
                        "`FEED_POLL_WAIT` (RFC 7240).",
                    },
                },
                where="header",
            ),
        ]
    },
}
_TIME: Final[Schema] = {"type": "number", "minimum": 0, "maximum": TIME_MAX}
HISTORY: Final[dict[str, Any]] = {
    "response_class": Response,
    "responses": {
        200: answer(
            "Readings, oldest first.",
            JSON_TYPE,
            reference("HistoryPage"),
            HistoryPage(
                readings=[msgspec.Raw(encode_record(one)) for one in PACK],
                upto="e3f9c2-184471",
                more=True,
                reason=Cut.LIMIT,
            ),
        ),
        **problems(400, 401, 403, 503),
    },
    "openapi_extra": {
        "parameters": parameters(
            {
                "sensor": PATTERNS,
                "since": {
                    **_TIME,
                    "description": "Unix seconds: readings of this time and later ones. Absent: "
                    "all that is stored, an hour.",
                },
                "until": {
                    **_TIME,
                    "description": "Unix seconds: readings of this time and earlier ones. One that "
                    "was stored more than a minute after its own time may be missed.",
                },
                "limit": {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": LIMIT_MAX,
                    "default": LIMIT_DEFAULT,
                    "description": "The newest so many.",
                },
            }
        )
    },
}
COSTS: Final[dict[str, Any]] = {
    "response_class": Response,
    "responses": {
        200: answer(
            "What was spent.",
            JSON_TYPE,
            reference("CostsTold"),
            CostsTold(
                since=1795340000.5,
                server_time=1795343351.2,
                cpu_seconds=83.2,
                transports={
                    Transport.SSE: TransportCost(12.5, 90_000_000, 1_200_000, 40),
                    Transport.WEBSOCKET: TransportCost(0.9, 31_000_000, 80_000, 2),
                    Transport.POLLING: TransportCost(4.1, 22_000_000, 7_100, 0),
                },
            ),
        ),
        **problems(401, 403, 503),
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
    "description": "The stream of readings as a WebSocket. Its frames are in /asyncapi.yaml. A bad "
    "query is answered before the handshake; everything else that a page should read comes after "
    "it, as a close code.",
    "responses": {101: {"description": "A WebSocket."}, **problems(400, 426)},
    "openapi_extra": {
        "parameters": parameters(
            {name: one for name, one in QUERY["properties"].items() if name != "ticket"}
        )
    },
}
_READINGS: Final[Schema] = {
    "summary": "Readings",
    "description": "The stream of readings. Its events are in /asyncapi.yaml. Where there is no "
    "place now, a stream of one `busy` event is answered, for a native EventSource never comes "
    "back from a 503; clients that send `Prefer: status` get the 503.",
    "parameters": [
        *parameters({name: one for name, one in QUERY["properties"].items() if name != "ticket"}),
        *parameters({"Last-Event-ID": POSITION}, where="header"),
    ],
    "responses": {
        "200": answer("Server-Sent Events.", "text/event-stream", {"type": "string"}, _STREAM),
        **{str(status): one for status, one in problems(400, 401, 403, 405, 406, 503).items()},
    },
}
# Raw ASGI, so FastAPI has never heard of it.
_PATHS: Final[dict[str, Schema]] = {
    "/readings": {
        "get": {"operationId": "readings", **_READINGS},
        "head": {"operationId": "readings_head", **_READINGS},
    }
}


def document(app: FastAPI) -> bytes:
    """The document of the feed's routes."""
    made = completed(
        app.openapi(),
        types=[Record, SensorView, SensorList, HistoryPage, TicketGiven, CostsTold, TransportCost],
        servers=_SERVERS,
        paths=_PATHS,
    )
    return msgspec.json.encode(made)
