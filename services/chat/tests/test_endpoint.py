"""Who gets a WebSocket, and what the others are told, over a real server."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from chat.protocol import SUBPROTOCOL
from chat.testing import MemoryHistory
from realtime.testing import MemoryBroker, wait_until
from systemtests.running_chat import RunningChat, running_chat
from systemtests.talker import talking


@pytest.fixture
async def served(broker: MemoryBroker, history: MemoryHistory) -> AsyncIterator[RunningChat]:
    async with running_chat(broker, history) as running:
        yield running


async def close_code(url: str, **options: Any) -> int | None:
    """Connect, and give the code with which one is shown out."""
    async with connect(url, **options) as socket:
        await socket.wait_closed()
        return socket.close_code


async def test_our_subprotocol_is_chosen_and_none_is_allowed(served: RunningChat) -> None:
    async with connect(served.socket, subprotocols=[SUBPROTOCOL]) as socket:  # type: ignore[list-item]
        assert socket.subprotocol == SUBPROTOCOL
    async with connect(served.socket) as socket:
        assert socket.subprotocol is None


async def test_another_subprotocol_is_refused_with_a_problem(served: RunningChat) -> None:
    with pytest.raises(InvalidStatus) as raised:
        await connect(served.socket, subprotocols=["mqtt"])  # type: ignore[list-item]
    response = raised.value.response
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    assert b"bad_subprotocol" in (response.body or b"")


async def test_a_websocket_elsewhere_is_refused_with_a_problem(served: RunningChat) -> None:
    with pytest.raises(InvalidStatus) as raised:
        await connect(served.socket + "/other")
    assert raised.value.response.status_code == 404


async def test_a_refusal_without_the_extension_is_a_close() -> None:
    broker = MemoryBroker()
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    scope = {
        "type": "websocket",
        "path": "/ws",
        "headers": [],
        "query_string": b"",
        "subprotocols": ["mqtt"],
    }
    async with running_chat(broker, MemoryHistory()) as running:
        await running.chat.asgi(scope, receive, send)
    assert sent == [{"type": "websocket.close"}]


async def test_a_page_of_another_host_is_shown_out_with_a_code_it_can_read(
    served: RunningChat,
) -> None:
    for origin in ("https://evil.example", "null", served.url + ".evil"):
        assert await close_code(served.socket, origin=origin) == 4503
    async with connect(served.socket, origin=served.url) as socket:  # type: ignore[arg-type]
        assert "welcome" in str(await socket.recv())


async def test_the_allow_list_is_exact(broker: MemoryBroker, history: MemoryHistory) -> None:
    allowed = ("https://chat.example",)
    async with running_chat(broker, history, origins=allowed) as running:
        assert await close_code(running.socket, origin=running.url) == 4503
        async with connect(running.socket, origin=allowed[0]) as socket:  # type: ignore[arg-type]
            assert "welcome" in str(await socket.recv())


async def test_a_full_replica_says_so_and_evicts_nobody(
    broker: MemoryBroker, history: MemoryHistory
) -> None:
    async with running_chat(broker, history, connections=1) as running:
        async with talking(running.socket) as ada:
            assert await close_code(running.socket) == 1013
            assert (await ada.join())["type"] == "joined"
        await wait_until(lambda: running.chat.admission.connections == 0)
        async with talking(running.socket) as bob:
            assert (await bob.join())["type"] == "joined"
        assert running.chat.admission.refused == {"full": 1}


async def test_connections_per_address_are_capped_but_for_loopback(
    broker: MemoryBroker, history: MemoryHistory
) -> None:
    async with running_chat(broker, history, connections_per_ip=1) as running:
        async with talking(running.socket), talking(running.socket):
            pass
    async with (
        running_chat(broker, history, connections_per_ip=1, limit_loopback=True) as running,
        talking(running.socket),
    ):
        assert await close_code(running.socket) == 1013
        assert running.chat.admission.refused == {"per_ip": 1}


async def test_a_draining_replica_sends_newcomers_elsewhere(served: RunningChat) -> None:
    served.chat.health.draining = True
    assert await close_code(served.socket) == 1012


async def test_an_edge_that_can_ask_another_replica_is_told_503(
    broker: MemoryBroker, history: MemoryHistory
) -> None:
    elsewhere = {"Prefer": "elsewhere"}
    async with running_chat(broker, history, connections=1) as running:
        async with connect(running.socket, additional_headers=elsewhere) as socket:
            assert "welcome" in str(await socket.recv())
            with pytest.raises(InvalidStatus) as full:
                await connect(running.socket, additional_headers=elsewhere)
            running.chat.health.draining = True
            with pytest.raises(InvalidStatus) as draining:
                await connect(running.socket, additional_headers=elsewhere)
    for raised, code in ((full, b"full"), (draining, b"draining")):
        assert raised.value.response.status_code == 503
        assert code in (raised.value.response.body or b"")


async def test_a_starting_replica_asks_to_come_later(
    broker: MemoryBroker, history: MemoryHistory
) -> None:
    broker.go_down()
    async with running_chat(broker, history, wait_ready=False) as running:
        assert await close_code(running.socket) == 1013
        assert running.chat.admission.refused == {"starting": 1}
        broker.come_up()


@pytest.mark.parametrize(("limit_loopback", "answers"), [(False, "ack"), (True, "error")])
async def test_posts_from_loopback_are_limited_only_when_asked_for(
    broker: MemoryBroker, history: MemoryHistory, *, limit_loopback: bool, answers: str
) -> None:
    settings: dict[str, Any] = {
        "posts_burst": 1,
        "posts_per_second": 0.001,
        "limit_loopback": limit_loopback,
    }
    async with running_chat(broker, history, **settings) as running:
        async with talking(running.socket, name="ada") as ada:
            await ada.join()
            assert (await ada.post("c1"))["type"] == "ack"
            assert (await ada.post("c2"))["type"] == answers
