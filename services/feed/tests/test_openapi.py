"""The document of the routes: valid, and what they answer."""

import json
import time

import httpx2
import pytest

from realtime.contracts import Record, encode_pack
from realtime.subjects import sensor_subject
from realtime.testing import Issuer, MemoryBroker, wait_until
from systemtests.documents import Answers, faults_of_openapi, read_openapi
from systemtests.inprocess import running_feed

ASKED = [
    ("get", "/sensors", 200, {}),
    ("get", "/readings/latest", 200, {}),
    ("get", "/readings/latest?sensor=a*", 400, {}),
    ("get", "/readings/history", 200, {}),
    ("get", "/readings/history?limit=0", 400, {}),
    ("get", "/readings?max_hz=0", 400, {}),
    ("get", "/readings", 406, {"Accept": "text/html"}),
    ("get", "/readings", 503, {"Prefer": "status"}),
    ("post", "/tickets", 404, {}),
    ("get", "/ws/readings", 426, {}),
    ("get", "/costs", 200, {}),
]


async def test_the_document_is_valid_openapi_and_its_examples_hold() -> None:
    async with running_feed(MemoryBroker()) as feed:
        document = await read_openapi(feed.url)
    assert faults_of_openapi(document) == []
    del document["info"]["version"]
    assert faults_of_openapi(document)
    assert Answers(document).wrong_examples() == []
    assert set(document["paths"]) == {
        "/costs",
        "/readings",
        "/readings/history",
        "/readings/latest",
        "/sensors",
        "/tickets",
        "/ws/readings",
    }


@pytest.mark.parametrize(("method", "url", "status", "headers"), ASKED)
async def test_answers_are_as_documented(
    method: str, url: str, status: int, headers: dict[str, str]
) -> None:
    broker = MemoryBroker()
    async with running_feed(broker) as feed, httpx2.AsyncClient(base_url=feed.url) as client:
        pack = encode_pack([Record(n="a/b", u="Cel", v=1.5, t=time.time())])
        await broker.publish(sensor_subject("a/b"), pack, message_id="1")
        await wait_until(lambda: feed.feed.fanout.hub.flushed == 1)
        answers = Answers(await read_openapi(feed.url))
        feed.feed.health.draining = status == 503
        response = await client.request(method, url, headers=headers)
        assert response.status_code == status
        kind, path = response.headers["content-type"], url.partition("?")[0]
        body = json.loads(response.content)
        assert answers.faults(method, path, status, kind, body) == []
        wrong = {**body, "x": 1} if isinstance(body, dict) else [{**body[0], "x": 1}]
        assert answers.faults(method, path, status, kind, wrong)


async def test_who_shows_no_token_is_answered_as_documented(issuer: Issuer) -> None:
    async with (
        running_feed(MemoryBroker(), **issuer.settings) as feed,
        httpx2.AsyncClient(base_url=feed.url) as client,
    ):
        answers = Answers(await read_openapi(feed.url))
        for method, path in (("get", "/sensors"), ("get", "/readings"), ("post", "/tickets")):
            response = await client.request(method, path)
            kind, body = response.headers["content-type"], response.json()
            assert answers.faults(method, path, 401, kind, body) == []
        headers = {"Authorization": f"Bearer {issuer.token('ada', 'sensors:a/>')}"}
        response = await client.post("/tickets", headers=headers)
        kind, body = response.headers["content-type"], response.json()
        assert answers.faults("post", "/tickets", 201, kind, body) == []
        response = await client.get("/readings/latest?sensor=b/c", headers=headers)
        kind, body = response.headers["content-type"], response.json()
        assert answers.faults("get", "/readings/latest", 403, kind, body) == []


@pytest.fixture
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    return Issuer(tmp_path_factory.mktemp("keys"))
