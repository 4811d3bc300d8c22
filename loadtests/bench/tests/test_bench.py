"""The benchmark's short form, on real servers: no claim about speed."""

import os
import signal
import threading
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bench.campaign import Campaign, choose
from bench.contenders import CONTENDERS, Contender
from bench.files import write_files
from bench.measurements.contiguity import check_contiguity
from bench.measurements.ingest import measure_ingest
from bench.measurements.knee import measure_knee
from bench.measurements.memory import measure_memory
from bench.measurements.sensors import measure_sensors
from bench.measurements.storm import measure_storm
from bench.measurements.stuck import measure_stuck
from bench.plan import Measure, make_plan
from bench.results import read_results
from bench.tools import Tools
from bench.verdict import Verdict
from bench.window import Window, measure_window

# Who is measured has a core of its own.
pytestmark = pytest.mark.alone

SUBSCRIBERS = 50
NOWHERE = Path("/nonexistent")
NAMED = {contender.name: contender for contender in CONTENDERS}


@pytest.mark.parametrize("name", ["floor-sse", "feed", "floor-ws", "chat"])
def test_every_delivery_arrives_in_order_and_once(tools: Tools, name: str) -> None:
    found = check_contiguity(tools, NAMED[name], subscribers=SUBSCRIBERS, rate=40, seconds=1)
    assert found.sent == 40
    assert found.whole, found


@pytest.mark.parametrize(
    "name", ["feed-portable", "chat-portable", "sse-starlette", "starlette-ws"]
)
def test_so_it_does_with_those_that_are_always_here(tools: Tools, name: str) -> None:
    found = check_contiguity(tools, NAMED[name], subscribers=10, rate=40, seconds=0.5)
    assert found.whole, found


def test_everybody_comes_back_from_a_storm_with_everything(tools: Tools) -> None:
    storm = measure_storm(tools, subscribers=SUBSCRIBERS, rate=20, away=0.5)
    assert storm.whole, storm


def test_those_who_never_read_cost_the_others_no_reading(tools: Tools) -> None:
    found = measure_stuck(tools, subscribers=20, stuck=1, seconds=1.0, warm=0.3)
    assert found.window.achieved > 0
    assert found.window.lost == 0
    assert found.resident_bytes > 0


def test_a_feed_takes_readings_in(tools: Tools) -> None:
    (step,) = measure_ingest(tools, [500.0], seconds=0.5)
    assert step.achieved > 0


def test_sensors_are_counted_by_reading(tools: Tools) -> None:
    (step,) = measure_sensors(tools, subscribers=5, hertz=[1.0], seconds=0.5)
    assert step.window.achieved > 0
    assert step.window.p99 >= 0


def test_a_knee_ends_where_the_steps_do(tools: Tools) -> None:
    knee = measure_knee(tools, NAMED["floor-sse"], subscribers=5, seconds=0.2, steps=2)
    assert knee.best is not None or knee.end is not None


def test_memory_and_connects_are_found(tools: Tools) -> None:
    found = measure_memory(tools, NAMED["chat"], [5, 10])
    assert [count for count, _ in found.points] == [5, 10]
    assert found.connects_per_second > 0


def test_a_run_writes_what_it_found_and_names_who_is_not_here(tools: Tools) -> None:
    plan = make_plan(quick=True, measures=[Measure.DELIVERY], subscribers=[SUBSCRIBERS])
    chosen = choose(["feed", "chat", "nchan"], CONTENDERS)
    results = Campaign(tools, plan, [c for c in chosen if not _on_path(c)]).run()
    assert not results.failures
    assert {d.contender for d in results.deliveries} == {"floor-sse", "feed", "floor-ws", "chat"}
    assert all(d.window.achieved > 0 for d in results.deliveries)
    folder = tools.directory / "run"
    write_files(results, folder)
    assert read_results(folder / "bench.json") == results
    ET.parse(folder / "bench.svg")  # noqa: S314 - our own
    assert "not here" in (folder / "bench.md").read_text()


def _on_path(contender: Contender) -> bool:
    """A machine may have nginx with Nchan; this test is about who is not here."""
    return contender.name == "nchan" and contender.missing(NOWHERE) is None


def _window(tools: Tools, *, lag: bool) -> Window:
    """One second of the floor's deliveries; with ``lag`` the publisher stands still for most."""
    with (
        tools.run(NAMED["floor-sse"]) as running,
        tools.subscribers(running.audience, sample=1) as crowd,
    ):
        crowd.connect(SUBSCRIBERS)
        with tools.publisher(running.publication, rate=50, seconds=3) as publisher:
            timers = _hold(publisher.pid, after=0.4, until=2.5) if lag else []
            window = measure_window(
                tools,
                running,
                crowd,
                publisher,
                warm=0.3,
                seconds=1.0,
                offered=50 * SUBSCRIBERS,
            )
            for timer in timers:
                timer.join()
    return window


def _hold(pid: int, *, after: float, until: float) -> list[threading.Timer]:
    timers = [
        threading.Timer(after, os.kill, (pid, signal.SIGSTOP)),
        threading.Timer(until, os.kill, (pid, signal.SIGCONT)),
    ]
    for timer in timers:
        timer.start()
    return timers


def test_a_publisher_that_lags_voids_the_run(tools: Tools) -> None:
    window = _window(tools, lag=True)
    assert window.verdict is Verdict.VOID
    assert any("publisher" in reason for reason in window.lag)
