"""Server-Sent Events the usual way: each subscriber has a queue, each event is built for each."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

queues: Final[set[asyncio.Queue[tuple[int, str]]]] = set()
_count = 0


async def publish(request: Request) -> Response:
    """Hand an event to everybody."""
    global _count  # noqa: PLW0603 - the usual way
    _count += 1
    event = (_count, (await request.body()).decode())
    for queue in queues:
        queue.put_nowait(event)
    return Response(status_code=204)


async def readings(_: Request) -> Response:
    """Stream events."""

    async def events() -> AsyncIterator[ServerSentEvent]:
        queue: asyncio.Queue[tuple[int, str]] = asyncio.Queue()
        queues.add(queue)
        try:
            yield ServerSentEvent(event="hello", data="{}")
            while True:
                number, data = await queue.get()
                yield ServerSentEvent(event="readings", id=f"e3f9c2-{number}", data=data, sep="\n")
        finally:
            queues.discard(queue)

    return EventSourceResponse(events())


app = Starlette(
    routes=[Route("/", publish, methods=["POST"]), Route("/readings", readings, methods=["GET"])]
)
