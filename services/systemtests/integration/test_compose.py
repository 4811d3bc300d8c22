"""What the compose file starts is Airwave: readings and messages go through, with their rights."""

import asyncio
from pathlib import Path

import pytest
import redis.asyncio as redis
from redis.exceptions import NoPermissionError

from infra.ports import LOOPBACK
from infra.testing import fetch
from realtime.client import Chat, Feed, Readings
from realtime.testing import wait_until
from systemtests.compose.running import composition

PATIENCE = 30


@pytest.fixture
def page(tmp_path: Path) -> Path:
    folder = tmp_path / "page"
    folder.mkdir()
    (folder / "index.html").write_text("<!doctype html><title>Airwave</title>")
    return folder


async def said_to_nobody(broker: int) -> str:
    reader, writer = await asyncio.open_connection(LOOPBACK, broker)
    writer.write(b"CONNECT {}\r\nPING\r\n")
    try:
        return (await asyncio.wait_for(reader.read(), PATIENCE)).decode()
    finally:
        writer.close()
        await writer.wait_closed()


async def in_history(edge: int) -> bool:
    return '"text":"hello"' in (await fetch(edge, "/chat/rooms/lobby/messages")).body


@pytest.mark.timeout(300)
async def test_readings_and_messages_pass_the_edge_and_outlive_a_new_feed(
    tmp_path: Path, page: Path
) -> None:
    async with composition(tmp_path / "run", page=page) as running:
        async with asyncio.timeout(PATIENCE * 4), Feed(f"{running.url}/feed") as feed:
            async for event in feed:
                if isinstance(event, Readings):
                    break
            # The edge finds the new one by its name; the client goes on where it was.
            await asyncio.to_thread(running.servers["feed"].restart)
            async for event in feed:
                if isinstance(event, Readings):
                    break
        async with asyncio.timeout(PATIENCE), Chat(f"{running.url}/chat", name="ada") as chat:
            room = await chat.join("lobby")
            position = await room.post("hello")
            async for message in room:
                if message.at == position:
                    break
        # History is read from Valkey, by the user that may.
        await wait_until(lambda: in_history(running.places.port[8080]), within=PATIENCE)
        store = redis.Redis(
            port=running.places.port[6379],
            username="chat",
            password=running.passwords["VALKEY_CHAT_PASSWORD"],
        )
        async with store:
            with pytest.raises(NoPermissionError):
                await store.set("other", 1)
        assert "Authorization Violation" in await said_to_nobody(running.places.port[4222])
