"""The feed over HTTP: the stream's endpoint as raw ASGI, everything else in FastAPI."""

import random
from collections.abc import Awaitable, Callable

import msgspec
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from feed.framing import encode_busy
from feed.query import (
    BadQueryError,
    accepts_event_stream,
    parse_filter,
    parse_readings_query,
)
from feed.settings import FeedSettings
from feed.stream import Fanout, Stream, random_retry_ms
from realtime.admission import Admission, Refusal, RefusedError, Slot
from realtime.gzip import accepts_gzip
from realtime.health import Health
from realtime.problems import problem
from realtime.sse import StreamResponse, encode_retry, stream_headers

Endpoint = Callable[[Request], Awaitable[ASGIApp]]


class Readings:
    """``GET /readings``: the stream."""

    def __init__(
        self, fanout: Fanout, admission: Admission, health: Health, settings: FeedSettings
    ) -> None:
        self._fanout = fanout
        self._admission = admission
        self._health = health
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        response = self._respond(Request(scope))
        await response(scope, receive, send)

    def _respond(self, request: Request) -> ASGIApp:
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
        deflater = self._fanout.deflater
        if not accepts_gzip(request.headers.get("accept-encoding")):
            deflater = None
        if request.method == "HEAD":
            return Response(headers=stream_headers(gzip=deflater is not None))
        ip = request.client.host if request.client else ""
        try:
            slot = self._enter(ip)
        except RefusedError as error:
            return _refuse(request, error)
        return StreamResponse(Stream(self._fanout, query, slot, ip=ip), deflater)

    def _enter(self, ip: str) -> Slot:
        if self._health.draining:
            raise self._admission.refuse(Refusal.DRAINING)
        if not self._health.started:
            raise self._admission.refuse(Refusal.STARTING)
        return self._admission.enter(ip)


def create_routes(fanout: Fanout) -> FastAPI:
    """Everything but the stream."""
    app = FastAPI(title="Airwave feed", version="1", docs_url=None, redoc_url=None)

    @app.get("/sensors")
    async def sensors() -> Response:
        """List every sensor with its latest reading and whether it has gone stale."""
        body = msgspec.json.encode({"sensors": fanout.catalogue.view()})
        return Response(body, media_type="application/json", headers={"Cache-Control": "no-store"})

    @app.get("/readings/latest")
    async def latest(request: Request) -> Response:
        """Poll: the latest of each matching sensor as a SenML pack, or 304 if nothing is newer."""
        for name in request.query_params:
            if name != "sensor":
                raise BadQueryError(name[:64], "is not a parameter of this route")
        wants = parse_filter(request.query_params.getlist("sensor")).wants
        etag = f'"{fanout.hub.epoch}-{fanout.hub.flushed}"'
        headers = {"ETag": etag, "Cache-Control": "no-cache"}
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        pack = fanout.catalogue.snapshot(wants)
        return Response(pack, media_type="application/senml+json", headers=headers)

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


def bad_query(error: BadQueryError) -> Response:
    """A 400 that names the parameter."""
    return problem(400, error.code, error.detail, parameter=error.parameter)


def _refuse(request: Request, error: RefusedError) -> Response:
    """A stream that ends at once, for a native EventSource never comes back from a 503."""
    if "status" in request.headers.get("prefer", "").lower().split(","):
        seconds = random.randint(1, 5)  # noqa: S311 - spreads load
        return problem(503, error.code, str(error), headers={"Retry-After": str(seconds)})
    body = encode_retry(random_retry_ms()) + encode_busy(random_retry_ms(), error.code)
    return Response(body, headers=stream_headers(gzip=False))
