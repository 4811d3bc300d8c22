"""The published documents through the edge, and what a test says of a service that broke them."""

import copy
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import chat.asyncapi
import feed.asyncapi
from chat.testing import MemoryHistory, MemoryStore
from infra.servers import EdgeServer
from realtime.testing import MemoryBroker, wait_until
from systemtests import wire
from systemtests.documents import read_asyncapi, read_openapi
from systemtests.inprocess import running_feed
from systemtests.listener import listening
from systemtests.running_chat import running_chat
from systemtests.talker import talking
from systemtests.wire import Messages, UndocumentedError


@pytest.fixture
async def edge(tmp_path: Path) -> AsyncIterator[str]:
    """The address of an edge before a feed and a chat."""
    async with (
        running_feed(MemoryBroker()) as readings,
        running_chat(MemoryBroker(), MemoryHistory(MemoryStore())) as rooms,
    ):
        addresses = [one.url.removeprefix("http://") for one in (readings, rooms)]
        with EdgeServer(tmp_path, feed=(addresses[0],), chat=(addresses[1],)) as server:
            yield server.url


async def test_the_documents_are_served_through_the_edge(edge: str) -> None:
    assert await read_asyncapi(edge + "/feed") == feed.asyncapi.document()
    assert await read_asyncapi(edge + "/chat") == chat.asyncapi.document()
    for service in ("feed", "chat"):
        assert (await read_openapi(f"{edge}/{service}"))["servers"][0]["url"] == f"/{service}"


async def test_what_crosses_the_edge_is_checked(edge: str) -> None:
    async with listening(edge + "/feed/readings") as listener:
        await wait_until(lambda: listener.of("snapshot"))
    async with talking(edge.replace("http", "ws", 1) + "/chat/ws") as ada:
        await ada.join()
        assert (await ada.ask("join", "joined", room="attic", loudly=True))["type"] == "error"


async def test_a_stream_fails_its_test_where_the_document_lacks_a_field(
    edge: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    less = copy.deepcopy(feed.asyncapi.document())
    hello = less["components"]["schemas"]["Hello"]
    del hello["properties"]["server_time"]
    hello["required"].remove("server_time")
    monkeypatch.setattr(wire, "feed_events", lambda: Messages(less, "send", channel="readings"))
    with pytest.raises(UndocumentedError, match="server_time"):
        await _listen(edge)


async def _listen(edge: str) -> None:
    async with listening(edge + "/feed/readings") as listener:
        await wait_until(lambda: listener.of("hello"))
