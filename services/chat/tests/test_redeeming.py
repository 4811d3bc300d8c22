"""What a client says, or that it leaves, while its ticket is still being looked up."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from websockets.asyncio.client import connect

from chat.testing import MemoryHistory, MemoryStore
from realtime.broker import Delivery
from realtime.identity.tickets import TICKETS
from realtime.testing import Issuer, MemoryBroker, wait_until
from systemtests.running_chat import RunningChat, running_chat


class SlowToRead(MemoryBroker):
    """Reads tickets when it is allowed to."""

    def __init__(self) -> None:
        super().__init__()
        self.may_read = asyncio.Event()

    async def read(
        self, stream: str, *, after: int, limit: int, subject: str | None = None
    ) -> list[Delivery]:
        """Wait, if it is for a ticket."""
        if stream == TICKETS.name:
            await self.may_read.wait()
        return await super().read(stream, after=after, limit=limit, subject=subject)


@pytest.fixture
def slow() -> SlowToRead:
    return SlowToRead()


@pytest.fixture(params=["direct", "portable"])
async def served(
    request: pytest.FixtureRequest, slow: SlowToRead, tmp_path: Path
) -> AsyncIterator[tuple[RunningChat, str]]:
    """A chat, and its address with a ticket."""
    issuer = Issuer(tmp_path)
    history = MemoryHistory(MemoryStore())
    direct = request.param == "direct"
    async with running_chat(slow, history, direct=direct, **issuer.settings) as running:
        async with httpx2.AsyncClient(base_url=running.url, trust_env=False) as client:
            headers = {"Authorization": f"Bearer {issuer.token('ada', 'rooms:*')}"}
            ticket = (await client.post("/tickets", headers=headers)).json()["ticket"]
        yield running, f"{running.socket}?ticket={ticket}"


def has_come(running: RunningChat) -> bool:
    """Whether something of a client waits for its conversation to begin."""
    open_ = running.server.server_state.connections
    return any(not queue.empty() for one in open_ if (queue := getattr(one, "queue", None)))


async def test_what_is_said_meanwhile_is_answered(
    served: tuple[RunningChat, str], slow: SlowToRead
) -> None:
    running, url = served
    async with connect(url) as socket:
        await socket.send('{"type":"join","room":"lobby"}')
        await wait_until(lambda: has_come(running), what="the frame's arrival")
        slow.may_read.set()
        async with asyncio.timeout(10):
            told = [json.loads(await socket.recv())["type"] for _ in range(2)]
    assert told == ["welcome", "joined"]


async def test_nothing_is_left_of_who_leaves_meanwhile(
    served: tuple[RunningChat, str], slow: SlowToRead
) -> None:
    running, url = served
    async with connect(url) as socket:
        await wait_until(lambda: running.chat.admission.connections == 1)
        socket.transport.abort()
    await wait_until(lambda: not running.server.server_state.connections)
    slow.may_read.set()
    await wait_until(lambda: running.chat.admission.connections == 0)
    assert len(running.chat.replica.departures) == 0
