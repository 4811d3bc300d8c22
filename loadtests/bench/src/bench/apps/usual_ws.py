"""A chat room the usual way: each member has a queue and a task, JSON is made for each."""

import asyncio
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

members: Final[set[asyncio.Queue[dict[str, Any]]]] = set()


async def publish(request: Request) -> Response:
    """Hand a message to every member."""
    message = await request.json()
    for queue in members:
        queue.put_nowait(message)
    return Response(status_code=204)


async def room(socket: WebSocket) -> None:
    """Serve one member."""
    await socket.accept()
    queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def send() -> None:
        await socket.send_json({"type": "joined"})
        while True:
            await socket.send_json(await queue.get())

    members.add(queue)
    sending = asyncio.create_task(send())
    try:
        while True:
            await socket.receive_json()
    except WebSocketDisconnect:
        pass
    finally:
        members.discard(queue)
        sending.cancel()


app = Starlette(
    routes=[Route("/", publish, methods=["POST"]), WebSocketRoute("/ws", room)],
)
