"""Every way in which a connection ends, over a real server; none leaves anything behind."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs
from websockets.asyncio.client import connect

from chat.app import Chat
from chat.entries import PostEntry, encode_entry
from chat.session import Session
from chat.testing import MemoryHistory
from realtime.closing import EndedBy
from realtime.testing import MemoryBroker, wait_until
from systemtests.running_chat import RunningChat, running_chat
from systemtests.talker import talking


@pytest.fixture(params=["direct", "portable"])
async def served(
    request: pytest.FixtureRequest, broker: MemoryBroker, history: MemoryHistory
) -> AsyncIterator[RunningChat]:
    """Every test holds for rooms that write to the transport, and for those that can't."""
    async with running_chat(
        broker,
        history,
        direct=request.param == "direct",
        posts_burst=1_000,
        evict_after=timedelta(seconds=0.5),
    ) as running:
        yield running


def halves() -> list[asyncio.Task[Any]]:
    """The tasks of connections that are running."""
    return [task for task in asyncio.all_tasks() if "Connection" in repr(task.get_coro())]


async def wait_nothing_left(chat: Chat, by: EndedBy) -> None:
    """Wait until the one connection has ended so, and prove that nothing of it is left."""
    replica = chat.replica
    await wait_until(lambda: replica.counts.ended[by] == 1, what=f"an end by {by}")
    await wait_until(lambda: not halves(), what="the end of its tasks")
    await wait_until(lambda: chat.admission.connections == 0, what="its slot")
    assert replica.counts.ended.total() == 1
    assert replica.hub.subscribers == 0
    assert not replica.hub.channels
    assert len(replica.rooms) == len(replica.names) == len(replica.departures) == 0


async def flood(broker: MemoryBroker, *, count: int, room: str = "lobby") -> None:
    """Long messages from somewhere else."""
    for number in range(count):
        entry = PostEntry(cid=str(number), user="eve", text="x" * 4_000, time=time.time())
        await broker.publish(f"rooms.{room}", encode_entry(entry), message_id=f"{room}{number}")


@asynccontextmanager
async def deaf(url: str, *, join: bool = True) -> AsyncIterator[Any]:
    """A client with little room that reads nothing after the welcome."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 * 1024)
    raw.setblocking(False)  # noqa: FBT003 - the standard library's signature
    host, port = url.removeprefix("ws://").removesuffix("/ws").split(":")
    await asyncio.get_running_loop().sock_connect(raw, (host, int(port)))
    client = await connect(url, sock=raw, ping_interval=None, close_timeout=0.1, max_queue=1)
    await client.recv()
    if join:
        await client.send('{"type":"join","room":"lobby"}')
        await client.recv()
    client.transport.pause_reading()
    try:
        yield client
    finally:
        client.transport.abort()


async def test_the_client_leaves(served: RunningChat) -> None:
    async with talking(served.socket) as ada:
        await ada.join()
        assert len(halves()) > 0
    await wait_nothing_left(served.chat, EndedBy.CLIENT)


async def test_the_client_vanishes(served: RunningChat) -> None:
    async with talking(served.socket) as ada:
        await ada.join()
        ada.socket.transport.abort()
        await wait_nothing_left(served.chat, EndedBy.CLIENT)


async def test_the_client_leaves_while_its_post_is_under_way(
    served: RunningChat, broker: MemoryBroker
) -> None:
    async with talking(served.socket) as ada:
        await ada.join()
        # The last frame that is due: the server learns of the leaving by reading, not by writing.
        await ada.wait_for("presence")
        # Not confirmed before the next audit of the stream, so the post is under way for a while.
        broker.lose_live = 1
        await ada.say("post", room="lobby", cid="c1", text="hello")
        await wait_until(lambda: broker.published)
    await wait_nothing_left(served.chat, EndedBy.CLIENT)


async def test_the_server_drains(served: RunningChat) -> None:
    async with talking(served.socket) as ada:
        await ada.join()
        served.chat.replica.departures.hurry()
        await served.chat.replica.departures.drain()
        assert await ada.wait_closed() == 1012
        assert ada.frames[-1]["type"] == "drain"
        assert ada.frames[-1]["reconnect_in_ms"] >= 500
        await wait_nothing_left(served.chat, EndedBy.DRAIN)


async def test_a_client_that_reads_nothing_is_evicted(
    served: RunningChat, broker: MemoryBroker
) -> None:
    async with deaf(served.socket):
        await flood(broker, count=300)
        await wait_nothing_left(served.chat, EndedBy.EVICTED)


async def test_a_client_in_no_room_that_reads_nothing_is_evicted(
    served: RunningChat, broker: MemoryBroker
) -> None:
    await flood(broker, count=300)
    await served.wait_projected()
    async with deaf(served.socket, join=False) as client:
        for _ in range(10):
            await client.send('{"type":"history","room":"lobby","limit":100}')
        await wait_nothing_left(served.chat, EndedBy.EVICTED)


async def test_the_others_never_wait_for_one_that_reads_nothing(
    served: RunningChat, broker: MemoryBroker
) -> None:
    async with deaf(served.socket), talking(served.socket) as ada:
        await ada.join()
        await flood(broker, count=300)
        await ada.wait_for("message", count=300)
        ada.check_unbroken()


async def test_an_answer_waits_until_the_client_has_room_for_it(
    broker: MemoryBroker, history: MemoryHistory
) -> None:
    async with running_chat(broker, history) as served:
        await flood(broker, count=100)
        await served.wait_projected()
        async with deaf(served.socket, join=False) as client:
            for _ in range(10):
                await client.send('{"type":"history","room":"lobby","limit":100}')
            (session,) = served.chat.replica.departures._staying
            assert isinstance(session, Session)
            await wait_until(lambda: session._sink.full)
            client.transport.resume_reading()
            for _ in range(10):
                assert '"type":"history"' in await client.recv()


async def test_bad_frames(served: RunningChat) -> None:
    async with talking(served.socket) as ada:
        await ada.socket.send("{")
        await ada.socket.send(b"\x00\x01")
        await ada.socket.send("[]")
        assert await ada.wait_closed() == 4501
        assert [frame["code"] for frame in ada.all("error")] == ["bad_frame"] * 3
    await wait_nothing_left(served.chat, EndedBy.BAD_FRAMES)


async def test_a_frame_that_is_too_large(served: RunningChat) -> None:
    async with talking(served.socket) as ada:
        await ada.join()
        await ada.socket.send("x" * 65_537)
        assert await ada.wait_closed() == 1009
    await wait_nothing_left(served.chat, EndedBy.PROTOCOL)


async def test_a_frame_of_64_kib_is_taken(served: RunningChat) -> None:
    async with talking(served.socket) as ada:
        frame = '{"type":"leave","room":"%s"}'
        await ada.socket.send(frame % ("x" * (65_536 - len(frame) + 2)))
        (error,) = await ada.wait_for("error")
        assert error["code"] == "bad_name"
        assert len(error["message"]) < 300


async def test_a_frame_in_fragments_is_one_frame_and_bounded_as_one(served: RunningChat) -> None:
    async with talking(served.socket) as ada:
        await ada.socket.send(['{"type":"join",', '"room":', '"lobby"}'])
        await ada.wait_for("joined")
        await ada.socket.send(["x" * 30_000] * 3)
        assert await ada.wait_closed() == 1009
    await wait_nothing_left(served.chat, EndedBy.PROTOCOL)


async def test_text_that_is_no_utf_8_ends_the_connection(served: RunningChat) -> None:
    async with talking(served.socket) as ada:
        ada.socket.protocol.send_text(b"\xff\xfe")
        ada.socket.transport.write(b"".join(ada.socket.protocol.data_to_send()))
        assert await ada.wait_closed() == 1007
    await wait_nothing_left(served.chat, EndedBy.PROTOCOL)


async def test_a_newer_connection_of_the_same_session_replaces_it(served: RunningChat) -> None:
    async with talking(served.socket, name="ada") as old:
        await old.join()
        session = old.welcome["session"]
        async with talking(served.socket, name="ada", session=session) as new:
            assert await old.wait_closed() == 4505
            assert new.user == "ada"
            assert new.welcome["session"] == session
            assert (await new.join())["members"] == ["ada"]


async def test_a_cancelled_connection_leaves_nothing(chat: Chat) -> None:
    received: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    received.put_nowait({"type": "websocket.connect"})
    received.put_nowait({"type": "websocket.receive", "text": '{"type":"join","room":"lobby"}'})
    scope = {"type": "websocket", "path": "/ws", "headers": [], "query_string": b""}

    async def serve() -> None:
        await chat.asgi(scope, received.get, send)

    serving = asyncio.create_task(serve())
    await wait_until(lambda: any("joined" in message.get("text", "") for message in sent))
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    await wait_nothing_left(chat, EndedBy.CANCELLED)


async def test_a_write_that_fails_ends_the_connection(chat: Chat) -> None:
    received: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def send(message: Any) -> None:
        if message["type"] == "websocket.send":
            raise BrokenPipeError

    received.put_nowait({"type": "websocket.connect"})
    scope = {"type": "websocket", "path": "/ws", "headers": [], "query_string": b""}
    await chat.asgi(scope, received.get, send)
    await wait_nothing_left(chat, EndedBy.WRITE_FAILED)


async def test_a_server_that_breaks_its_word_is_our_bug(chat: Chat) -> None:
    received: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    received.put_nowait({"type": "websocket.connect"})
    received.put_nowait({})
    scope = {"type": "websocket", "path": "/ws", "headers": [], "query_string": b""}
    await chat.asgi(scope, received.get, send)
    assert sent[-1]["code"] == 1011
    await wait_nothing_left(chat, EndedBy.FAILED)


async def test_each_connection_writes_one_line_and_nothing_that_was_said(
    served: RunningChat,
) -> None:
    structlog.reset_defaults()
    with capture_logs() as lines:
        async with talking(served.socket, name="ada", session="s3cret") as ada:
            await ada.join()
            await ada.join("attic")
            await ada.post("c1", "a private matter")
            await ada.wait_for("message")
        await wait_nothing_left(served.chat, EndedBy.CLIENT)
    (line,) = [line for line in lines if line["event"] == "connection_ended"]
    assert line["ended_by"] == "client"
    assert (line["user"], line["ip"]) == ("ada", "127.0.0.1")
    assert (line["rooms"], line["delivered"], line["posted"]) == (2, 1, 1)
    assert line["seconds"] >= 0
    assert "private" not in str(lines)
    assert "s3cret" not in str(lines)
