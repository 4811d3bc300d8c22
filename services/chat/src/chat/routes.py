"""Chat over HTTP: the WebSocket's endpoint as raw ASGI, everything else in FastAPI."""

import random
from functools import cache, partial
from typing import Final

import msgspec
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from chat.asyncapi import document_yaml
from chat.errors import HistoryUnavailableError, Unavailable
from chat.listings import RoomList, RoomListed, RoomMessages
from chat.openapi import MESSAGES, ROOMS, TICKETS, WEBSOCKET, document
from chat.query import BadQueryError, parse_rooms, parse_span
from chat.replica import Replica
from realtime.asyncapi import MEDIA_TYPE
from realtime.identity.answers import answer_ticket, on_denied
from realtime.identity.errors import ForbiddenError, IdentityError
from realtime.identity.who import Identity
from realtime.position import Position
from realtime.problems import problem
from realtime.ws_refusal import refuse

SOCKET_PATH: Final = "/ws"
ECHO_PATH: Final = "/echo"


_PAGE: Final = 101
"""Rooms looked at in one go: of one page and one more, for those who may read all."""


def create_routes(replica: Replica) -> FastAPI:
    """Everything but the WebSocket."""
    app = FastAPI(
        title="Airwave chat",
        version="1",
        openapi_url=None,
        # What it would tell on its own holds queries, and those may hold tickets (decision 0034).
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )

    @app.get("/rooms", **ROOMS)
    async def rooms(request: Request) -> Response:
        """A page of the rooms that were written to, of those that one may read."""
        identity = await replica.gate.identify(request)
        if not replica.hub.epoch:
            raise HistoryUnavailableError(Unavailable.STARTING)
        before, limit = parse_rooms(request.query_params, epoch=replica.hub.epoch)
        listed = await _list_rooms(replica, identity, before=before, limit=limit)
        headers = {"Cache-Control": "no-store"}
        return Response(msgspec.json.encode(listed), media_type="application/json", headers=headers)

    @app.get("/rooms/{room}/messages", **MESSAGES)
    async def messages(room: str, request: Request) -> Response:
        """A page of a room's messages, oldest first."""
        identity = await replica.gate.identify(request)
        if not identity.may_read(room):
            raise replica.gate.note(ForbiddenError("room", room))
        if not replica.hub.epoch:
            raise HistoryUnavailableError(Unavailable.STARTING)
        span = parse_span(room, request.query_params, epoch=replica.hub.epoch)
        page = await replica.pages.read(span)
        raw = [msgspec.Raw(message) for _, message in page.messages]
        body = msgspec.json.encode(RoomMessages(room, raw, page.more))
        return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})

    @app.post("/tickets", **TICKETS)
    async def tickets(request: Request) -> Response:
        """Change a token or the cookie for a ticket, good once in a URL."""
        return await answer_ticket(replica.gate, request)

    @app.get(SOCKET_PATH, **WEBSOCKET)
    async def plain_socket() -> Response:
        """Tell whoever opens the WebSocket's address in a browser."""
        headers = {"Upgrade": "websocket"}
        return problem(426, "upgrade_required", "this route speaks WebSocket", headers=headers)

    _describe(app)
    _answer_errors(app)
    return app


def _describe(app: FastAPI) -> None:
    """Serve both documents; made once, beside the loop: it takes up to a tenth of a second."""
    described = cache(partial(document, app))

    @app.get("/asyncapi.yaml", include_in_schema=False)
    def asyncapi() -> Response:
        return Response(document_yaml(), media_type=MEDIA_TYPE)

    @app.get("/openapi.json", include_in_schema=False)
    def openapi() -> Response:
        return Response(described(), media_type="application/json")


def _answer_errors(app: FastAPI) -> None:
    """Make of every error a problem document."""
    app.add_exception_handler(IdentityError, on_denied)

    @app.exception_handler(BadQueryError)
    async def on_bad_query(_: Request, error: Exception) -> Response:
        assert isinstance(error, BadQueryError)  # noqa: S101 - what the handler is registered for
        return problem(400, error.code, error.detail, parameter=error.parameter)

    @app.exception_handler(HistoryUnavailableError)
    async def on_unavailable(_: Request, error: Exception) -> Response:
        assert isinstance(error, HistoryUnavailableError)  # noqa: S101 - as above
        seconds = random.randint(1, 3)  # noqa: S311 - spreads load
        return problem(503, error.code, str(error), headers={"Retry-After": str(seconds)})

    @app.exception_handler(HTTPException)
    async def on_http_error(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - what the handler is registered for
        code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "http_error")
        return problem(error.status_code, code, str(error.detail), headers=error.headers)


async def _list_rooms(
    replica: Replica, identity: Identity, *, before: int | None, limit: int
) -> RoomList:
    epoch = replica.hub.epoch
    written = await replica.directory.page(epoch, before=before, limit=_PAGE)
    found = [one for one in written if identity.may_read(one.room)]
    while len(found) <= limit and len(written) == _PAGE:
        oldest = written[-1].offset
        written = await replica.directory.page(epoch, before=oldest, limit=_PAGE)
        found += [one for one in written if identity.may_read(one.room)]
    page = found[:limit]
    counts = await replica.attendance.counts([written.room for written in page])
    listed = [
        RoomListed(written.room, count, str(Position(epoch, written.offset)), written.time)
        for written, count in zip(page, counts, strict=True)
    ]
    return RoomList(listed, more=len(found) > limit)


class Dispatch:
    """Hands WebSockets to their endpoint ahead of FastAPI; ``echo`` is not there without one."""

    def __init__(self, endpoint: ASGIApp, rest: ASGIApp, echo: ASGIApp | None = None) -> None:
        self._endpoint = endpoint
        self._rest = rest
        self._echo = echo

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Route one connection."""
        if scope["type"] != "websocket":
            await self._rest(scope, receive, send)
        elif scope["path"] == SOCKET_PATH:
            await self._endpoint(scope, receive, send)
        elif scope["path"] == ECHO_PATH and self._echo is not None:
            await self._echo(scope, receive, send)
        else:
            missing = problem(404, "not_found", "the WebSocket is at " + SOCKET_PATH)
            await refuse(missing, scope, receive, send)
