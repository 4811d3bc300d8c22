"""The feed over HTTP: the stream's endpoint as raw ASGI, everything else in FastAPI."""

import hashlib
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import cache, partial

import msgspec
import structlog
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from feed.asyncapi import document_yaml
from feed.catalogue import SensorList
from feed.framing import encode_busy
from feed.guard import Guard
from feed.history import BusyError, History
from feed.history_query import parse_history_query
from feed.openapi import HISTORY, LATEST, SENSORS, TICKETS, document
from feed.query import (
    BadQueryError,
    ReadingsQuery,
    SensorFilter,
    accepts_event_stream,
    parse_filter,
    parse_readings_query,
)
from feed.settings import FeedSettings
from feed.stream import Fanout, Stream, random_retry_ms
from realtime.admission import Admission, Refusal, RefusedError, Slot
from realtime.asyncapi import MEDIA_TYPE
from realtime.errors import AirwaveError
from realtime.gzip import accepts_gzip
from realtime.health import Health
from realtime.identity.answers import answer_ticket, denied, on_denied
from realtime.identity.carriers import TICKET_FIELD
from realtime.identity.errors import IdentityError
from realtime.problems import problem
from realtime.request_id import request_id
from realtime.sse import StreamResponse, encode_retry, stream_headers
from realtime.telemetry import Sampler

log: structlog.stdlib.BoundLogger = structlog.get_logger()

Endpoint = Callable[[Request], Awaitable[ASGIApp]]


class Readings:
    """``GET /readings``: the stream."""

    def __init__(
        self,
        fanout: Fanout,
        admission: Admission,
        guard: Guard,
        health: Health,
        settings: FeedSettings,
    ) -> None:
        self._fanout = fanout
        self._guard = guard
        self._admission = admission
        self._health = health
        self._settings = settings
        self._sampler = Sampler()

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
            return bad_query(error)
        return await self._admit(request, query)

    async def _admit(self, request: Request, query: ReadingsQuery) -> ASGIApp:
        ip = request.client.host if request.client else ""
        try:
            slot = self._enter(ip)
            identity, query = await self._guard.admit(request, query, slot)
        except RefusedError as error:
            self._say_refused(request, ip, error)
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
            ip=ip,
            identity=identity,
            request_id=request_id(request.headers),
        )
        return StreamResponse(stream, deflater)

    def _say_refused(self, request: Request, ip: str, error: RefusedError) -> None:
        held_back = self._sampler.admit(error.code)
        if held_back is not None:
            log.info(
                "stream_refused",
                reason=error.code,
                ip=ip,
                request_id=request_id(request.headers) or None,
                held_back=held_back,
            )

    def _enter(self, ip: str) -> Slot:
        if self._health.draining:
            raise self._admission.refuse(Refusal.DRAINING)
        if not self._health.started:
            raise self._admission.refuse(Refusal.STARTING)
        return self._admission.enter(ip)


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

    @app.get("/readings/latest", **LATEST)
    async def latest(request: Request) -> Response:
        """Poll: the latest of each matching sensor as a SenML pack, or 304 if nothing is newer."""
        for name in request.query_params:
            if name not in ("sensor", TICKET_FIELD):
                raise BadQueryError(name[:64], "is not a parameter of this route")
        asked = parse_filter(request.query_params.getlist("sensor"))
        sensors = await guard.narrow(request, asked)
        # Whoever sees other sensors than before has seen another pack.
        etag = f'"{fanout.hub.epoch}-{fanout.hub.flushed}{_mark(asked, sensors)}"'
        headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        pack = fanout.catalogue.snapshot(sensors.wants)
        return Response(pack, media_type="application/senml+json", headers=headers)

    _remember(app, History(fanout.hub, fanout.broker), guard)

    @app.post("/tickets", **TICKETS)
    async def tickets(request: Request) -> Response:
        """Change a token or the cookie for a ticket, good once in a URL."""
        return await answer_ticket(guard.gate, request)

    _describe(app)
    app.add_exception_handler(IdentityError, on_denied)

    @app.exception_handler(BadQueryError)
    async def on_bad_query(_: Request, error: Exception) -> Response:
        assert isinstance(error, BadQueryError)  # noqa: S101 - what the handler is registered for
        return bad_query(error)

    @app.exception_handler(HTTPException)
    async def on_http_error(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - what the handler is registered for
        code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "http_error")
        return problem(error.status_code, code, str(error.detail), headers=error.headers)

    return app


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


def _describe(app: FastAPI) -> None:
    """Serve both documents; made once, beside the loop: it takes up to a tenth of a second."""
    described = cache(partial(document, app))

    @app.get("/asyncapi.yaml", include_in_schema=False)
    def asyncapi() -> Response:
        return Response(document_yaml(), media_type=MEDIA_TYPE)

    @app.get("/openapi.json", include_in_schema=False)
    def openapi() -> Response:
        return Response(described(), media_type="application/json")


class Dispatch:
    """Hands the stream's path to its endpoint ahead of FastAPI.

    Through FastAPI every chunk would cross three ``send`` wrappers, and each open stream would hold
    its router's objects alive.
    """

    def __init__(self, streams: dict[str, ASGIApp], rest: ASGIApp) -> None:
        self._streams = streams
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Route one connection."""
        app = self._rest
        if scope["type"] == "http":
            app = self._streams.get(scope["path"], self._rest)
        await app(scope, receive, send)


def _mark(asked: SensorFilter, sensors: SensorFilter) -> str:
    """What a scope adds to an ``ETag``; nothing where it doesn't narrow what was asked for."""
    if asked == sensors:
        return ""
    patterns = " ".join(sorted(sensors.patterns))
    return "-" + hashlib.sha256(patterns.encode()).hexdigest()[:8]


def bad_query(error: BadQueryError) -> Response:
    """A 400 that names the parameter."""
    return problem(400, error.code, error.detail, parameter=error.parameter)


def _refuse(request: Request, error: RefusedError) -> Response:
    """A stream that ends at once, for a native EventSource never comes back from a 503."""
    if "status" in request.headers.get("prefer", "").lower().split(","):
        return _unavailable(error)
    body = encode_retry(random_retry_ms()) + encode_busy(random_retry_ms(), error.code)
    return Response(body, headers=stream_headers(gzip=False))


def _unavailable(error: AirwaveError) -> Response:
    """A 503 that says when to come back."""
    seconds = random.randint(1, 5)  # noqa: S311 - spreads load
    return problem(503, error.code, str(error), headers={"Retry-After": str(seconds)})
