"""One line for each connection, found by its id in every log; and no query in any."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from infra.servers import (
    EdgeServer,
    NatsServer,
    ValkeyServer,
    chat_server,
    feed_server,
)
from realtime.nats import connect
from realtime.testing import wait_until
from systemtests.listener import listening
from systemtests.stack import Stack
from systemtests.talker import talking

QUERY = "hushhush"
"""What a client puts into its query is in no log: it may be a ticket."""


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Feed and chat behind the edge, at the level that says most; one stream at a time."""
    tmp_path = tmp_path_factory.mktemp("stack")
    said = {"LOG_LEVEL": "debug", "CONNECTIONS": "1"}
    with (
        NatsServer(tmp_path / "nats") as nats,
        ValkeyServer(tmp_path / "valkey") as valkey,
        feed_server(tmp_path / "feed", nats_url=nats.url, settings=said) as feed,
        chat_server(
            tmp_path / "chat", nats_url=nats.url, redis_url=valkey.url, settings=said
        ) as chat,
        EdgeServer(tmp_path / "edge", feed=(feed.address,), chat=(chat.address,)) as edge,
    ):
        yield Stack(nats, valkey, feed, chat, edge)


def lines(path: Path, **facts: Any) -> list[dict[str, Any]]:
    """The lines of a log that say all of ``facts``."""
    found = []
    for text in path.read_text().splitlines():
        if not text.startswith("{"):
            continue
        said = json.loads(text)
        if facts.items() <= said.items():
            found.append(said)
    return found


def with_id(path: Path, **facts: Any) -> list[dict[str, Any]]:
    """Those that came through the edge."""
    return [said for said in lines(path, **facts) if said["request_id"] is not None]


async def test_a_connection_is_found_by_the_edges_id_in_every_log(stack: Stack) -> None:
    url = stack.url + "/feed/readings"
    async with listening(url, params={"sensor": QUERY + "/>"}) as stream:
        await wait_until(lambda: stream.events)
        async with listening(url) as refused:
            await wait_until(lambda: refused.ended)
    socket = stack.url.replace("http", "ws", 1) + "/chat/ws"
    async with talking(socket, name="ada", session=QUERY) as ada:
        await ada.ask("join", "joined", room="lobby")
        await ada.ask("post", "ack", room="lobby", cid="c1", text="hello")
    feed, chat, edge = stack.feed.log_path, stack.chat.log_path, stack.edge.log_path
    await wait_until(lambda: with_id(feed, event="stream_ended"))
    await wait_until(lambda: lines(chat, event="connection_ended"))
    (ended,) = with_id(feed, event="stream_ended")
    (away,) = lines(feed, event="stream_refused", reason="full")
    (left,) = lines(chat, event="connection_ended")
    (relayed,) = lines(chat, event="relayed", room="lobby")
    ids = {ended["request_id"], away["request_id"], left["request_id"]}
    assert len(ids) == 3
    assert relayed["request_id"] == left["request_id"], "through NATS' headers"
    await wait_until(lambda: all(lines(edge, request_id=found) for found in ids))
    assert {"ended_by", "delivered", "resumed_from", "seconds"} <= set(ended)
    assert {"ended_by", "code", "delivered", "posted", "seconds"} <= set(left)
    async with connect(stack.nats.url, name="test") as broker:
        await wait_until(lambda: broker.connected)
        (stored,) = await broker.read("CHAT", after=0, limit=10)
    assert stored.headers["X-Request-Id"] == left["request_id"]
    for path in (feed, chat, edge):
        assert QUERY not in path.read_text()


async def test_an_id_that_is_no_word_goes_nowhere(stack: Stack) -> None:
    """Said to a service directly, as no edge of ours would."""
    forged = {"X-Request-Id": "a b{}"}
    async with listening(stack.feed.url + "/readings", headers=forged) as stream:
        await wait_until(lambda: stream.events)
    await wait_until(lambda: lines(stack.feed.log_path, event="stream_ended", request_id=None))
    assert "a b{}" not in stack.feed.log_path.read_text()


async def test_what_the_edge_says_replaces_what_a_client_says(stack: Stack) -> None:
    said = {"X-Request-Id": "of-the-client"}
    answer = httpx2.get(stack.url + "/feed/sensors", headers=said, trust_env=False)
    assert answer.headers["X-Request-Id"] not in {"", "of-the-client"}


async def test_a_broker_that_is_away_is_said_a_few_times_and_counted(stack: Stack) -> None:
    stack.nats.kill()

    def repeated() -> list[dict[str, Any]]:
        return [
            said
            for event in ("stream_unreachable", "broker_error")
            for said in lines(stack.feed.log_path, event=event)
            if said.get("repeated") or said.get("held_back")
        ]

    try:
        await wait_until(repeated, within=40)
        assert len(lines(stack.feed.log_path, event="stream_unreachable")) <= 2 * 5 + 1
    finally:
        stack.nats.start()
