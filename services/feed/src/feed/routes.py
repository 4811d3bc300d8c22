"""The feed over HTTP: the stream's endpoint as raw ASGI, everything else in FastAPI."""

import hashlib
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import cache, partial
from typing import Final

import msgspec
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from feed.asyncapi import document_yaml
from feed.catalogue import SensorList
from feed.fanout import Fanout
from feed.framing import encode_busy
from feed.guard import Guard, address_of
from feed.history import BusyError, History
from feed.history_query import parse_history_query
from feed.long_poll import LongPoll, parse_wait
from feed.openapi import COSTS, HISTORY, LATEST, SENSORS, TICKETS, WEBSOCKET, document
from feed.query import (
    BadQueryError,
    ReadingsQuery,
    SensorFilter,
    accepts_event_stream,
    parse_filter,
    parse_readings_query,
)
from feed.settings import FeedSettings
from feed.stream import Stream, random_retry_ms
from realtime.admission import ELSEWHERE, RefusedError
from realtime.asyncapi import MEDIA_TYPE
from realtime.errors import AirwaveError
from realtime.gzip import accepts_gzip
from realtime.identity.answers import answer_ticket, denied, on_denied
from realtime.identity.carriers import TICKET_FIELD
from realtime.identity.errors import IdentityError
from realtime.problems import prefers, problem
from realtime.request_id import request_id
from realtime.sse import StreamResponse, encode_retry, stream_headers

STREAM_PATH: Final = "/readings"
POLLED_PATH: Final = "/readings/latest"
SOCKET_PATH: Final = "/ws/readings"

Endpoint = Callable[[Request], Awaitable[ASGIApp]]


class Readings:
    """``GET /readings``: the stream."""

    def __init__(self, fanout: Fanout, guard: Guard, settings: FeedSettings) -> None:
        self._fanout = fanout
        self._guard = guard
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        response = await self._respond(Request(scope))
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> ASGIApp:
        if request.method not in ("GET", "HEAD"):
            detail = f"{request.method} is not GET or HEAD"
            return problem(405, "method_not_allowed", detail, headers={"Allow": "GET, HEAD"})
        if not accepts_event_stream(request.headers):
            return problem(406, "not_acceptable", "this route answers text/event-stream")
        try:
            query = parse_readings_query(
                request.query_params, request.headers, heartbeat=self._settings.heartbeat
            )
        except BadQueryError as error:
            return self._fanout.bad_queries.refuse(error)
        return await self._admit(request, query)

    async def _admit(self, request: Request, query: ReadingsQuery) -> ASGIApp:
        try:
            slot = self._guard.enter(request)
            identity, query = await self._guard.admit(request, query, slot)
        except RefusedError as error:
            self._guard.say_refused(request, error)
            return _refuse(request, error)
        except IdentityError as error:
            return denied(error)
        deflater = self._fanout.deflater
        if not accepts_gzip(request.headers.get("accept-encoding")):
            deflater = None
        if request.method == "HEAD":
            slot.leave()
            return Response(headers=stream_headers(gzip=deflater is not None))
        stream = Stream(
            self._fanout,
            query,
            slot,
            ip=address_of(request),
            identity=identity,
            request_id=request_id(request.headers),
        )
        return StreamResponse(stream, deflater)


def create_routes(fanout: Fanout, guard: Guard) -> FastAPI:
    """Everything but the stream."""
    app = FastAPI(
        title="Airwave feed",
        version="1",
        openapi_url=None,
        # What it would tell on its own holds queries, and those may hold tickets (decision 0034).
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )

    @app.get("/sensors", **SENSORS)
    async def sensors(request: Request) -> Response:
        """List every sensor with its latest reading and whether it has gone stale."""
        may_see = (await guard.identify(request)).may_see
        shown = [sensor for sensor in fanout.catalogue.view() if may_see(sensor.n)]
        body = msgspec.json.encode(SensorList(shown))
        return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})

    _poll(app, fanout, guard)
    _remember(app, History(fanout.hub, fanout.broker), guard)

    @app.get(SOCKET_PATH, **WEBSOCKET)
    async def socket() -> Response:
        """Tell whoever opens the WebSocket's address in a browser."""
        headers = {"Upgrade": "websocket"}
        return problem(426, "upgrade_required", "this route speaks WebSocket", headers=headers)

    @app.post("/tickets", **TICKETS)
    async def tickets(request: Request) -> Response:
        """Change a token or the cookie for a ticket, good once in a URL."""
        return await answer_ticket(guard.gate, request)

    _account(app, fanout, guard)
    _describe(app)
    app.add_exception_handler(IdentityError, on_denied)

    @app.exception_handler(BadQueryError)
    async def on_bad_query(_: Request, error: Exception) -> Response:
        assert isinstance(error, BadQueryError)  # noqa: S101 - what the handler is registered for
        return fanout.bad_queries.refuse(error)

    @app.exception_handler(HTTPException)
    async def on_http_error(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - what the handler is registered for
        code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "http_error")
        return problem(error.status_code, code, str(error.detail), headers=error.headers)

    return app


def _poll(app: FastAPI, fanout: Fanout, guard: Guard) -> None:
    """Serve the latest readings."""

    @app.get(POLLED_PATH, **LATEST)
    async def latest(request: Request) -> Response:
        """Poll: the latest of each matching sensor as a SenML pack, or 304 if nothing is newer."""
        for name in request.query_params:
            if name not in ("sensor", TICKET_FIELD):
                raise BadQueryError(name[:64], "is not a parameter of this route")
        asked = parse_filter(request.query_params.getlist("sensor"))
        sensors = await guard.narrow(request, asked)

        # Whoever sees other sensors than before has seen another pack.
        def etag() -> str:
            return f'"{fanout.hub.epoch}-{fanout.hub.flushed}{_mark(asked, sensors)}"'

        has = request.headers.get("if-none-match")
        wait = parse_wait(request.headers, longest=fanout.poll_wait)
        headers = {"Cache-Control": "private, no-cache"}
        if has == etag() and wait:
            try:
                with guard.enter(request):
                    await LongPoll(fanout).wait_newer(within=wait)
            except RefusedError as error:
                return _unavailable(error)
            headers["Preference-Applied"] = "wait"
        headers["ETag"] = etag()
        if has == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        pack = fanout.catalogue.snapshot(sensors.wants)
        return Response(pack, media_type="application/senml+json", headers=headers)


def _remember(app: FastAPI, history: History, guard: Guard) -> None:
    """Serve stored readings."""

    @app.get("/readings/history", **HISTORY)
    async def readings_history(request: Request) -> Response:
        """Stored readings of a span for a chart, oldest first; the newest if there are more."""
        asked = parse_history_query(request.query_params)
        sensors = await guard.narrow(request, asked.sensors)
        try:
            page = await history.page(replace(asked, sensors=sensors))
        except BusyError as error:
            return _unavailable(error)
        body = msgspec.json.encode(page)
        return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})


def _account(app: FastAPI, fanout: Fanout, guard: Guard) -> None:
    """Serve what was spent."""

    @app.get("/costs", **COSTS)
    async def costs(request: Request) -> Response:
        """What each transport has cost this replica."""
        await guard.identify(request)
        told = fanout.costs.tell(fanout.connections, fanout.deflater)
        body = msgspec.json.encode(told)
        return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})


def _describe(app: FastAPI) -> None:
    """Serve both documents; made once, beside the loop: it takes up to a tenth of a second."""
    described = cache(partial(document, app))

    @app.get("/asyncapi.yaml", include_in_schema=False)
    def asyncapi() -> Response:
        return Response(document_yaml(), media_type=MEDIA_TYPE)

    @app.get("/openapi.json", include_in_schema=False)
    def openapi() -> Response:
        return Response(described(), media_type="application/json")


def _mark(asked: SensorFilter, sensors: SensorFilter) -> str:
    """What a scope adds to an ``ETag``; nothing where it doesn't narrow what was asked for."""
    if asked == sensors:
        return ""
    patterns = " ".join(sorted(sensors.patterns))
    return "-" + hashlib.sha256(patterns.encode()).hexdigest()[:8]


def _refuse(request: Request, error: RefusedError) -> Response:
    """A stream that ends at once, for a native EventSource never comes back from a 503.

    An edge that can ask another replica is told 503, and nothing reaches the client.
    """
    prefer = request.headers.get("prefer", "")
    asks_elsewhere = error.reason in ELSEWHERE and prefers(prefer, "elsewhere")
    if asks_elsewhere or prefers(prefer, "status"):
        return _unavailable(error)
    body = encode_retry(random_retry_ms()) + encode_busy(random_retry_ms(), error.code)
    return Response(body, headers=stream_headers(gzip=False))


def _unavailable(error: AirwaveError) -> Response:
    """A 503 that says when to come back."""
    seconds = random.randint(1, 5)  # noqa: S311 - spreads load
    return problem(503, error.code, str(error), headers={"Retry-After": str(seconds)})
