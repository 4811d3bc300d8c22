"""Stored readings over real HTTP: from the ring, from the stream behind it, and no further."""

import asyncio
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest

from feed import history
from feed.history import BusyError, History, subjects_of
from feed.history_query import HistoryQuery
from feed.query import SensorFilter
from realtime.broker import Broker
from realtime.contracts import Record, encode_pack
from realtime.subjects import SENSORS, sensor_subject
from realtime.testing import Issuer, MemoryBroker, wait_until
from systemtests.inprocess import RunningFeed, running_feed


async def publish(broker: Broker, numbers: range, *names: str, began: float | None = None) -> None:
    """Number ``n`` of each sensor has the time ``began + n / 100``; ``began`` is now by default."""
    began = time.time() if began is None else began
    for number in numbers:
        for name in names:
            pack = encode_pack([Record(n=name, v=float(number), t=began + number / 100)])
            await broker.publish(sensor_subject(name), pack, message_id=f"{name}{number}")


async def ask(feed: RunningFeed, query: str = "", **headers: str) -> httpx2.Response:
    async with httpx2.AsyncClient(trust_env=False) as client:
        return await client.get(f"{feed.url}/readings/history?{query}", headers=headers)


async def values(feed: RunningFeed, query: str = "") -> list[float]:
    answer = await ask(feed, query)
    assert answer.status_code == 200, answer.text
    return [record["v"] for record in answer.json()["readings"]]


async def flushed(feed: RunningFeed, offset: int) -> None:
    await wait_until(lambda: feed.feed.fanout.hub.flushed >= offset)


@pytest.fixture(params=[10_000, 7])
def ring(request: pytest.FixtureRequest) -> dict[str, Any]:
    """All in the ring, or nearly all behind it."""
    return {"ring_entries": request.param}


async def test_the_newest_of_a_span_come_oldest_first(ring: dict[str, Any]) -> None:
    broker = MemoryBroker()
    async with running_feed(broker, **ring) as feed:
        now = time.time()
        await publish(broker, range(1, 301), "a/x", "b/y", began=now)
        await flushed(feed, 600)
        assert await values(feed, "sensor=a/x") == list(range(1, 301))
        assert await values(feed, "sensor=a/x&limit=5") == [296, 297, 298, 299, 300]
        span = f"since={now + 0.095:.6f}&until={now + 0.205:.6f}"
        assert await values(feed, f"sensor=*/y&{span}") == list(range(10, 21))
        assert await values(feed, f"{span}&limit=3") == [19, 20, 20]
        assert await values(feed, "sensor=c/z") == []


async def test_it_says_whether_there_are_more_and_where_a_stream_goes_on(
    ring: dict[str, Any],
) -> None:
    broker = MemoryBroker()
    async with running_feed(broker, **ring) as feed:
        await publish(broker, range(1, 31), "a/x")
        await flushed(feed, 30)
        all_ = (await ask(feed, "limit=30")).json()
        some = (await ask(feed, "limit=29")).json()
        epoch = feed.feed.fanout.hub.epoch
    assert (all_["more"], all_.get("reason")) == (False, None)
    assert (some["more"], some["reason"]) == (True, "limit")
    assert all_["upto"] == f"{epoch}-30"


async def test_a_span_that_is_long_over_is_read_from_the_stream() -> None:
    broker = MemoryBroker()
    async with running_feed(broker) as feed:
        now = time.time()
        await publish(broker, range(1, 31), "a/x", began=now - 1000)
        await flushed(feed, 30)
        assert await values(feed, f"since={now - 1001:.6f}") == list(range(1, 31))
        # All were stored long after their own times: as the route says, they are missed then.
        assert await values(feed, f"until={now - 900:.6f}") == []


async def test_without_the_broker_what_the_replica_remembers_is_told_as_part() -> None:
    broker = MemoryBroker()
    async with running_feed(broker, ring_entries=7) as feed:
        await publish(broker, range(1, 31), "a/x")
        await flushed(feed, 30)
        broker.go_down()
        answer = (await ask(feed)).json()
    assert [record["v"] for record in answer["readings"]] == list(range(24, 31))
    assert (answer["more"], answer["reason"]) == (True, "upstream_down")


async def test_too_much_work_is_cut_at_the_oldest_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "MESSAGES_MAX", 100)
    monkeypatch.setattr(history, "PAGE", 10)
    broker = MemoryBroker()
    async with running_feed(broker, ring_entries=5) as feed:
        await publish(broker, range(1, 301), "a/x")
        await flushed(feed, 300)
        answer = (await ask(feed, "limit=200")).json()
    found = [record["v"] for record in answer["readings"]]
    assert found == list(range(301 - len(found), 301))
    assert len(found) >= 5
    assert (answer["more"], answer["reason"]) == (True, "work")


async def test_more_than_may_wait_are_turned_away() -> None:
    broker = MemoryBroker()
    async with running_feed(broker) as feed:
        await publish(broker, range(1, 201), "a/x")
        await flushed(feed, 200)
        pages = History(feed.feed.fanout.hub, broker)
        query = HistoryQuery(SensorFilter(frozenset()), 0.0, None, 10)
        many = history.READS + history.WAITING_MAX + 1
        answers = await asyncio.gather(
            *(pages.page(query) for _ in range(many)), return_exceptions=True
        )
        assert [type(one) for one in answers if isinstance(one, Exception)] == [BusyError]
        assert len((await pages.page(query)).readings) == 10


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("since=yesterday", "since"),
        ("since=-1", "since"),
        ("until=nan", "until"),
        ("until=1e300", "until"),
        ("since=10&until=9", "until"),
        ("limit=0", "limit"),
        ("limit=5001", "limit"),
        ("limit=%C2%B2", "limit"),
        ("limit=1.5", "limit"),
        ("sensor=a*", "sensor"),
        ("before=1", "before"),
    ],
)
async def test_a_bad_parameter_is_named(query: str, parameter: str) -> None:
    async with running_feed(MemoryBroker()) as feed:
        answer = await ask(feed, query)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["parameter"] == parameter


async def test_a_scope_narrows_it(tmp_path: Path) -> None:
    broker, issuer = MemoryBroker(), Issuer(tmp_path)
    async with running_feed(broker, ring_entries=3, **issuer.settings) as feed:
        await publish(broker, range(1, 11), "a/x", "b/y")
        await flushed(feed, 20)
        bearer = {"Authorization": f"Bearer {issuer.token('ada', 'sensors:a/>')}"}
        seen = (await ask(feed, **bearer)).json()["readings"]
        assert [(one["n"], one["v"]) for one in seen] == [("a/x", n) for n in range(1, 11)]
        assert (await ask(feed, "sensor=b/y", **bearer)).status_code == 403
        assert (await ask(feed)).status_code == 401


def test_the_stream_is_asked_by_device_where_devices_are_named() -> None:
    assert subjects_of(SensorFilter(frozenset({"a/x", "b/>", "a/*"}))) == [
        "sensors.a.>",
        "sensors.b.>",
    ]
    for patterns in ({"*/x", "a/x"}, {">"}, set(), {f"d{n}/x" for n in range(9)}):
        assert subjects_of(SensorFilter(frozenset(patterns))) == SENSORS.subjects
