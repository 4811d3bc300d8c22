"""The document of chat's routes: valid, and what they answer."""

import httpx2
import pytest

from chat.testing import MemoryHistory
from realtime.testing import MemoryBroker
from systemtests.documents import Answers, faults_of_openapi, read_openapi
from systemtests.running_chat import running_chat
from systemtests.talker import talking


async def test_the_document_is_valid_openapi_and_its_examples_hold(
    broker: MemoryBroker, history: MemoryHistory
) -> None:
    async with running_chat(broker, history) as running:
        document = await read_openapi(running.url)
    assert faults_of_openapi(document) == []
    del document["info"]["version"]
    assert faults_of_openapi(document)
    assert Answers(document).wrong_examples() == []
    assert set(document["paths"]) == {"/rooms", "/rooms/{room}/messages", "/tickets", "/ws"}


@pytest.mark.parametrize(
    ("method", "path", "url", "status"),
    [
        ("get", "/rooms", "/rooms", 200),
        ("get", "/rooms", "/rooms?limit=0", 400),
        ("get", "/rooms/{room}/messages", "/rooms/lobby/messages", 200),
        ("get", "/rooms/{room}/messages", "/rooms/a%2Ab/messages", 400),
        ("get", "/ws", "/ws", 426),
        ("post", "/tickets", "/tickets", 404),
    ],
)
async def test_answers_are_as_documented(
    broker: MemoryBroker, history: MemoryHistory, method: str, path: str, url: str, status: int
) -> None:
    async with running_chat(broker, history) as running:
        async with talking(running.socket) as ada:
            await ada.join()
            first = await ada.post("c1")
            await ada.post("c2")
            await ada.ask(
                "react",
                "ack",
                room="lobby",
                position=first["position"],
                emoji="👍",
                on=True,
                cid="c3",
            )
        await running.wait_projected()
        answers = Answers(await read_openapi(running.url))
        async with httpx2.AsyncClient(base_url=running.url) as client:
            response = await client.request(method, url)
    kind, body = response.headers["content-type"], response.json()
    assert response.status_code == status
    assert answers.faults(method, path, status, kind, body) == []
    assert answers.faults(method, path, status, kind, {**body, "x": 1})
