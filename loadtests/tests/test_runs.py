"""Whole runs of `make load` against real servers: right ones pass, wrong ones say what is wrong."""

import asyncio
import json
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from crowd.feed import Readings, decode
from crowd.histogram import Histogram
from crowd.journal import Journal
from crowd.sse import SseParser
from infra.ports import free_port
from seeds.fleet import LATE_SECONDS, Fleet, Run, make_load, patient, running_fleet

# Six crowds at once, and delays that two clients have to agree on.
pytestmark = [pytest.mark.alone, pytest.mark.timeout(240)]


def _journal(run: Run) -> Journal:
    journal = Journal()
    journal.merge(json.loads((run.results / "run.json").read_text(encoding="utf-8"))["journal"])
    return journal


@dataclass(frozen=True, slots=True)
class Runs:
    """What all of them left; they went side by side."""

    right: Run
    slow: Run
    lossy: Run
    lagging: Run
    buffered: Run
    compared: Run
    independent: Histogram


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    with running_fleet(tmp_path_factory.mktemp("fleet")) as fleet:
        return asyncio.run(_all(fleet, tmp_path_factory.mktemp("runs")))


async def _all(fleet: Fleet, at: Path) -> Runs:
    limits = patient(at)
    seeds = "-f loadtests/locustfile.py,loadtests/seeds/laggard.py"

    def load(name: str, host: str, *, args: str = "", **settings: str) -> Awaitable[Run]:
        return make_load(at / name, host, args=args, **settings)

    independent = asyncio.create_task(_delays(f"{fleet.late}/feed/readings", seconds=12.0))
    runs = await asyncio.gather(
        load("right", fleet.right, THRESHOLDS=limits, SHAPE="storm", USERS="16"),
        load("slow", fleet.slow),
        load("lossy", fleet.lossy, THRESHOLDS=limits, args="--gzip 0 --stay 5"),
        load("lagging", fleet.right, args=seeds),
        load("buffered", fleet.buffering, THRESHOLDS=limits, args="--stay 3"),
        load("compared", fleet.late, THRESHOLDS=limits, args="--streams all:1 DashboardUser"),
    )
    return Runs(*runs, independent=await independent)


def test_a_right_run_passes_and_leaves_a_report(runs: Runs) -> None:
    run = runs.right
    assert run.status == 0, run.said
    assert "passed" in run.said
    journal = _journal(run)
    for line in ("SSE event delay", "SSE reconnect", "SSE cut", "WS ack", "WS delivery", "WS cut"):
        assert journal.total(line).count, (line, run.said)
    report = (run.results / "report.html").read_text(encoding="utf-8")
    assert report.count("<svg") >= 6
    assert "src=" not in report
    assert (run.results / "locust.html").exists()
    assert (run.results / "run_stats.csv").exists()


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("slow", "too slow: SSE event delay"),
        ("lossy", "promise broken: SSE lost"),
        ("lagging", "void: the generator itself was"),
        ("buffered", "something on the way buffers or compresses the stream"),
    ],
)
def test_a_wrong_run_fails_and_says_why(runs: Runs, kind: str, why: str) -> None:
    run: Run = getattr(runs, kind)
    assert run.status != 0, run.said
    assert why in run.said, run.said


def test_figures_agree_with_an_independent_client(runs: Runs) -> None:
    """Where all comes half a second late: far above what else this machine does to a delay."""
    assert runs.compared.status == 0, runs.compared.said
    crowd = _journal(runs.compared).total("SSE event delay")
    assert runs.independent.count > 5
    assert crowd.percentile(50) == pytest.approx(runs.independent.percentile(50), rel=0.1)
    assert crowd.percentile(50) > LATE_SECONDS
    assert crowd.mean == pytest.approx(runs.independent.mean, rel=0.1)


async def _delays(url: str, *, seconds: float) -> Histogram:
    """Another client, on another stack (asyncio, httpx): from the oldest reading to its arrival."""
    found, parser, began = Histogram(), SseParser(), time.time()
    async with (
        httpx2.AsyncClient(timeout=20, trust_env=False) as client,
        client.stream("GET", url) as stream,
    ):
        async for line in stream.aiter_lines():
            event = parser.take(f"{line}\n".encode())
            if event is None:
                continue
            now, told = time.time(), decode(event)
            if isinstance(told, Readings) and min(told.times) >= began:
                found.take(now - min(told.times))
            if now > began + seconds:
                break
    return found


async def test_where_nobody_is_the_run_ends_at_once_and_says_what_to_do(tmp_path: Path) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    run = await make_load(tmp_path / "nowhere", nowhere, DURATION="10m")
    assert run.status != 0
    assert f"nothing answers at {nowhere}" in run.said
    assert "make up" in run.said
    assert not (tmp_path / "nowhere" / "report.html").exists()
