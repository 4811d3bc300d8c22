"""Which app answers which path, and what is charged with it."""

from starlette.types import ASGIApp, Receive, Scope, Send

from feed.costs import Transport
from feed.fanout import Fanout
from feed.guard import Guard
from feed.routes import POLLED_PATH, SOCKET_PATH, STREAM_PATH, create_routes
from realtime.charging import ChargedApp


class Dispatch:
    """Hands the stream's path to its endpoint ahead of FastAPI.

    Through FastAPI every chunk would cross three ``send`` wrappers, and each open stream would hold
    its router's objects alive.
    """

    def __init__(
        self, streams: dict[str, ASGIApp], sockets: dict[str, ASGIApp], rest: ASGIApp
    ) -> None:
        self._streams = streams
        self._sockets = sockets
        self._rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Route one connection."""
        app = self._rest
        if scope["type"] == "http":
            app = self._streams.get(scope["path"], self._rest)
        elif scope["type"] == "websocket":
            app = self._sockets.get(scope["path"], self._rest)
        await app(scope, receive, send)


def create_asgi(fanout: Fanout, guard: Guard, *, readings: ASGIApp, socket: ASGIApp) -> ASGIApp:
    """All of the feed; each transport is charged with what it costs."""
    spent = fanout.costs.spent
    rest = create_routes(fanout, guard)
    return Dispatch(
        {
            STREAM_PATH: ChargedApp(readings, spent[Transport.SSE]),
            POLLED_PATH: ChargedApp(rest, spent[Transport.POLLING], answers=True),
        },
        {SOCKET_PATH: ChargedApp(socket, spent[Transport.WEBSOCKET])},
        rest,
    )
