"""Faults of descriptors: a running replica comes near the end of those that it may have open."""

import asyncio
import random
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from http import HTTPStatus
from typing import Final

import httpx2
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from infra.servers import ServiceServer
from realtime.testing import wait_until
from systemtests.chaos.fault import Act
from systemtests.chaos.gateways import Gateway
from systemtests.chaos.world import World
from systemtests.descriptors import little_room
from systemtests.listener import listening

SPARE: Final = 128
"""What a replica spares by itself; its default."""
_FEW: Final = 60
"""Silent connections that take all but what it spares."""
_MANY: Final = 200
"""More than it may have at all."""
_WITHIN: Final = 60.0

Asked = Callable[[ServiceServer], Awaitable[bool]]


def short_of_descriptors(which: Callable[[World, random.Random], Gateway], refused: Asked) -> Act:
    """A limit that strangers who say nothing use up; then more of them than could be served.

    The replica has to say so, to whoever asks whether it is ready and to a newcomer (``refused``),
    while the edge finds the others a place. What it spared has to be enough to come back to the
    broker. With the limit as it was, it has to be ready again.
    """

    async def act(world: World, chance: random.Random, seconds: float) -> None:
        server = which(world, chance)
        with ExitStack() as stack:
            stack.enter_context(little_room(server, 0, spare=SPARE))
            stack.enter_context(_silent(server.port, _FEW))
            await _until(server, _is_unready, "saying that it is not ready")
            await _until(server, refused, "turning a newcomer away")
            stack.enter_context(_silent(server.port, _MANY))
            for link in world.links_of(f"{server.directory.name}-nats"):
                link.reset_all()
            await asyncio.sleep(seconds)
            await _until(server, _is_unready, "still saying so")
        await _until(server, _is_ready, "being ready again")

    return act


@contextmanager
def _silent(port: int, count: int) -> Iterator[None]:
    """So many connections that say nothing, while the context lasts."""
    with ExitStack() as stack:
        for _ in range(count):
            opened = stack.enter_context(socket.socket())
            opened.setblocking(False)  # noqa: FBT003 - the socket's own signature
            opened.connect_ex(("127.0.0.1", port))
        yield


async def feed_is_busy(server: ServiceServer) -> bool:
    """Whether a newcomer's stream is ended with `busy`, for want of descriptors."""
    async with listening(server.url + "/readings") as listener:
        await wait_until(lambda: listener.events or listener.ended or listener.error)
        said = listener.events[:1]
        return bool(said) and said[0].name == "busy" and said[0].data["reason"] == "descriptors"


async def chat_is_full(server: ServiceServer) -> bool:
    """Whether a newcomer is closed with 1013, for want of descriptors."""
    try:
        async with connect(server.url.replace("http", "ws") + "/ws", proxy=None) as member:
            await member.recv()
    except ConnectionClosed as closed:
        told = closed.rcvd
        return told is not None and (told.code, told.reason) == (1013, "descriptors")
    except (OSError, TimeoutError, WebSocketException):
        return False
    return False


async def _is_ready(server: ServiceServer) -> bool:
    return await _readiness(server) == HTTPStatus.OK


async def _is_unready(server: ServiceServer) -> bool:
    return await _readiness(server) == HTTPStatus.SERVICE_UNAVAILABLE


async def _readiness(server: ServiceServer) -> int:
    async with httpx2.AsyncClient(trust_env=False, timeout=30) as client:
        return (await client.get(server.admin_url + "/readyz")).status_code


async def _until(server: Gateway, asked: Asked, what: str) -> None:
    said = f"{server.directory.name} {what}"
    await wait_until(lambda: asked(server), what=said, within=_WITHIN)
