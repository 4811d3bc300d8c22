"""A chat in the test's own process: over any broker and history, with or without real uvicorn."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import httpx2

from chat.app import Chat, create_app
from chat.directory import Directory
from chat.history import History
from chat.presence import PresenceStore
from chat.settings import ChatSettings
from chat.testing import MemoryDirectory, MemoryHistory, MemoryPresence, MemoryStore
from realtime.broker import Broker
from realtime.serving import Server, make_server, open_listener
from realtime.testing import MemoryBroker, wait_until
from systemtests.inprocess import wait_identity

HISTORY_WITHIN: Final = 1.0
"""Seconds in which history answers, one way or the other."""


@dataclass(frozen=True, slots=True)
class RunningChat:
    """A chat and where it listens."""

    chat: Chat
    server: Server
    url: str

    @property
    def socket(self) -> str:
        """The WebSocket's address."""
        return self.url.replace("http", "ws", 1) + "/ws"

    async def wait_projected(self) -> None:
        """Wait until history has everything that this replica has seen."""
        await wait_projected(self.chat)

    async def history(self, room: str) -> list[dict[str, Any]] | None:
        """All of a room's history over HTTP, page by page; None while it is unavailable.

        Each answer has to come `HISTORY_WITHIN`.
        """
        found: list[dict[str, Any]] = []
        params: dict[str, Any] = {"limit": 100}
        async with httpx2.AsyncClient(base_url=self.url) as client:
            while True:
                began = time.monotonic()
                response = await client.get(f"/rooms/{room}/messages", params=params)
                assert time.monotonic() - began < HISTORY_WITHIN
                if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
                    assert response.json()["code"] == "history_unavailable"
                    return None
                body = response.raise_for_status().json()
                found = body["messages"] + found
                if not body["more"]:
                    return found
                params["before"] = found[0]["position"]

    async def wait_history(self, room: str) -> list[dict[str, Any]]:
        """All of a room's history, as soon as it is available."""
        found: list[list[dict[str, Any]]] = []

        async def available() -> bool:
            got = await self.history(room)
            found.extend([] if got is None else [got])
            return got is not None

        await wait_until(available, what=f"the history of {room}")
        return found[-1]


async def wait_projected(chat: Chat) -> None:
    """Wait until history has everything that this replica has seen."""

    def done() -> bool:
        position, hub = chat.projection.position, chat.replica.hub
        return position is not None and position == (hub.epoch, hub.flushed)

    await wait_until(done, what="the projection's catching up")


@asynccontextmanager
async def chat_parts(
    broker: Broker,
    history: History,
    *,
    presence: PresenceStore | None = None,
    directory: Directory | None = None,
    wait_ready: bool = True,
    **settings: Any,
) -> AsyncIterator[Chat]:
    """Run a chat without a server; ready when entered, unless told otherwise.

    ``presence`` and ``directory`` are its own, in memory, unless given.
    """
    values = {"nats_url": "", "redis_url": "redis://unused", "history_pause": 0, **settings}
    chat = create_app(
        ChatSettings(**values),
        broker,
        history,
        MemoryPresence() if presence is None else presence,
        MemoryDirectory() if directory is None else directory,
    )
    tasks = [asyncio.create_task(part()) for part in chat.background]
    try:
        if wait_ready:
            await wait_until(lambda: chat.health.started, what="readiness")
            # A store that is down never says that it knows us.
            attendance = chat.replica.attendance
            done = lambda: attendance.up or "presence" in chat.health.degraded  # noqa: E731
            await wait_until(done, what="presence")
            await wait_identity(chat.replica.gate)
        yield chat
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def two_replicas(
    broker: MemoryBroker, store: MemoryStore, **settings: Any
) -> AsyncIterator[tuple[Chat, Chat]]:
    """Two chats over one broker and one store, ready when entered."""
    settings = {"posts_burst": 1_000, **settings}
    async with (
        chat_parts(broker, MemoryHistory(store), **settings) as one,
        chat_parts(broker, MemoryHistory(store), **settings) as two,
    ):
        yield one, two


@asynccontextmanager
async def running_chat(
    broker: Broker,
    history: History,
    *,
    presence: PresenceStore | None = None,
    directory: Directory | None = None,
    wait_ready: bool = True,
    direct: bool = True,
    **settings: Any,
) -> AsyncIterator[RunningChat]:
    """Serve a chat on a free port; ready when entered, unless told otherwise.

    ``direct`` is of `make_server`; the rest is of `chat_parts`.
    """
    async with chat_parts(
        broker,
        history,
        presence=presence,
        directory=directory,
        wait_ready=wait_ready,
        **settings,
    ) as chat:
        departures = chat.replica.departures
        server = make_server(chat.asgi, departures=departures, direct=direct)
        listener = open_listener("127.0.0.1", 0)
        port = listener.getsockname()[1]
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield RunningChat(chat, server, f"http://127.0.0.1:{port}")
        finally:
            departures.hurry()
            server.stop()
            await serving
