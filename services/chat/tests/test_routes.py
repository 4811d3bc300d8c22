"""Chat over HTTP."""

from collections.abc import AsyncIterator

import httpx2
import pytest

from chat.testing import MemoryDirectory, MemoryHistory, MemoryStore
from realtime.testing import MemoryBroker, wait_until
from systemtests.running_chat import RunningChat, running_chat
from systemtests.talker import talking


@pytest.fixture
async def served(broker: MemoryBroker, history: MemoryHistory) -> AsyncIterator[RunningChat]:
    async with running_chat(broker, history) as running:
        async with talking(running.socket, name="ada") as ada:
            await ada.join()
            for number in range(1, 8):
                await ada.post(f"c{number}", str(number))
        yield running


@pytest.fixture
async def client(served: RunningChat) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=served.url) as client:
        yield client


def texts(response: httpx2.Response) -> list[str]:
    return [message["text"] for message in response.json()["messages"]]


async def test_a_page_is_what_history_over_the_socket_is(
    served: RunningChat, client: httpx2.AsyncClient
) -> None:
    response = await client.get("/rooms/lobby/messages", params={"limit": 3})
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"
    async with talking(served.socket) as bob:
        page = await bob.history(limit=3)
    page.pop("type")
    assert response.json() == page
    assert list(page) == ["room", "messages", "more"]
    assert texts(response) == ["5", "6", "7"]


async def test_pages_go_both_ways(served: RunningChat, client: httpx2.AsyncClient) -> None:
    epoch = served.chat.replica.hub.epoch
    older = await client.get(f"/rooms/lobby/messages?before={epoch}-3")
    assert (texts(older), older.json()["more"]) == (["1", "2"], False)
    newer = await client.get(f"/rooms/lobby/messages?after={epoch}-3&limit=2")
    assert (texts(newer), newer.json()["more"]) == (["4", "5"], True)
    between = await client.get(f"/rooms/lobby/messages?after={epoch}-3&before={epoch}-5")
    assert texts(between) == ["4"]


async def test_a_room_that_nobody_wrote_in_is_empty(client: httpx2.AsyncClient) -> None:
    response = await client.get("/rooms/attic/messages")
    assert response.json() == {"room": "attic", "messages": [], "more": False}


@pytest.mark.parametrize(
    ("path", "status", "code", "parameter"),
    [
        ("/rooms/lobby/messages?limit=0", 400, "bad_query", "limit"),
        ("/rooms/lobby/messages?before=x", 400, "bad_query", "before"),
        ("/rooms/lobby/messages?after=zzzz-1", 400, "bad_query", "after"),
        ("/rooms/lobby/messages?x=1", 400, "bad_query", "x"),
        ("/rooms/a%2Ab/messages", 400, "bad_query", "room"),
        ("/rooms/a%0Ab/messages", 400, "bad_query", "room"),
        ("/rooms?limit=101", 400, "bad_query", "limit"),
        ("/rooms?after=x", 400, "bad_query", "after"),
        ("/rooms?before=x", 400, "bad_query", "before"),
        ("/rooms/lobby", 404, "not_found", None),
        ("/ws", 426, "upgrade_required", None),
    ],
)
async def test_refusals_are_problem_documents(
    client: httpx2.AsyncClient, path: str, status: int, code: str, parameter: str | None
) -> None:
    response = await client.get(path)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["code"] == code
    assert response.json().get("parameter") == parameter


async def test_rooms_are_listed_by_their_newest_message(
    served: RunningChat, client: httpx2.AsyncClient
) -> None:
    epoch = served.chat.replica.hub.epoch
    async with talking(served.socket, name="bob") as bob, talking(served.socket) as eve:
        await bob.join("attic")
        await eve.join("attic")
        await bob.post("c1", room="attic")
        await bob.post("c1", room="cellar")
        await bob.post("c2", room="lobby")
        await served.wait_projected()
        response = await client.get("/rooms", params={"limit": 2})
        assert response.headers["content-type"] == "application/json"
        assert response.headers["cache-control"] == "no-store"
        body = response.json()
        assert [(r["room"], r["count"], r["position"]) for r in body["rooms"]] == [
            ("lobby", 0, f"{epoch}-10"),
            ("cellar", 0, f"{epoch}-9"),
        ]
        assert body["more"] is True
        rest = (await client.get("/rooms", params={"after": f"{epoch}-9"})).json()
        assert [(r["room"], r["position"]) for r in rest["rooms"]] == [("attic", f"{epoch}-8")]
        assert rest["more"] is False

        async def counted() -> bool:
            rooms = (await client.get("/rooms")).json()["rooms"]
            return ("attic", 2) in {(r["room"], r["count"]) for r in rooms}

        await wait_until(counted, what="two members of the attic")
        page = await bob.history("attic")
        assert rest["rooms"][0]["time"] == page["messages"][-1]["time"]


async def test_rooms_without_a_store_are_a_503(
    broker: MemoryBroker, history: MemoryHistory
) -> None:
    directory = MemoryDirectory()
    async with running_chat(broker, history, directory=directory) as running:
        directory.down = True
        async with httpx2.AsyncClient(base_url=running.url) as client:
            response = await client.get("/rooms")
        assert (response.status_code, response.json()["code"]) == (503, "history_unavailable")
        assert response.headers["retry-after"]


async def test_only_get_is_allowed(client: httpx2.AsyncClient) -> None:
    response = await client.post("/rooms/lobby/messages")
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")


async def test_history_that_is_down_is_a_503_that_says_when(
    client: httpx2.AsyncClient, store: MemoryStore
) -> None:
    store.down = True
    response = await client.get("/rooms/lobby/messages")
    assert (response.status_code, response.json()["code"]) == (503, "history_unavailable")
    assert 1 <= int(response.headers["retry-after"]) <= 3


async def test_a_replica_that_starts_has_no_history_yet(broker: MemoryBroker) -> None:
    broker.go_down()
    async with running_chat(broker, MemoryHistory(), wait_ready=False) as running:
        async with httpx2.AsyncClient(base_url=running.url) as client:
            response = await client.get("/rooms/lobby/messages")
            assert (response.status_code, response.json()["code"]) == (503, "history_unavailable")
            assert (await client.get("/rooms")).status_code == 503
        broker.come_up()
