"""The comparison's short form, on real servers behind a real edge: no claim about speed."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bench.compare.report import markdown
from bench.compare.results import Comparison, read
from bench.compare.running import compare, try_once, write_files
from bench.compare.trial import Load, Trial, part_of, try_way
from bench.compare.ways import Way
from bench.cores import choose_cores
from bench.errors import NotConnectedError
from bench.machine import this_machine

# Who is measured has a core of its own.
pytestmark = pytest.mark.alone

LOAD = Load(clients=8, sensors=5, hertz=4.0, seconds=2.0, poll_seconds=0.5, outage=1.0)
BRIEF = Load(clients=2, sensors=2, hertz=4.0, seconds=0.5, poll_seconds=0.2, outage=0.5)


@pytest.fixture(scope="module")
def run() -> Comparison:
    """All ways at the same time: they mostly wait, and no speed is claimed."""
    cores = choose_cores()
    with ThreadPoolExecutor(len(Way)) as pool:
        trials = list(pool.map(lambda way: try_once(way, LOAD, cores), Way))
    return Comparison(
        date="2026-11-28", machine=this_machine(cores), load=LOAD, rounds=1, trials=trials
    )


def test_streams_bring_every_reading_once_also_those_of_an_outage(run: Comparison) -> None:
    assert [trial.way for trial in run.trials] == list(Way)
    for trial in run.trials:
        assert trial.refused == 0, trial
        if trial.way.stays:
            assert (trial.seen, trial.recovered, trial.repeated) == (1.0, 1.0, 0), trial


def test_who_polls_sees_less(run: Comparison) -> None:
    polling = of(run, Way.POLLING)
    assert 0 < polling.seen < 1
    for way in (Way.POLLING, Way.LONG_POLLING):
        assert of(run, way).recovered < 1


def test_bytes_are_those_of_each_way(run: Comparison) -> None:
    by = {way: of(run, way).bytes_down for way in Way}
    assert by[Way.SSE_GZIP] < by[Way.SSE]
    # The same texts, but for the words around an event; on a starved machine the window catches
    # a burst more or less of them.
    assert 0.4 < by[Way.WEBSOCKET] / by[Way.SSE] < 2.5
    assert all(of(run, way).bytes_up == 0 for way in Way if way.stays)
    assert all(of(run, way).bytes_up > 0 for way in Way if not way.stays)


def test_every_figure_is_there(run: Comparison) -> None:
    for trial in run.trials:
        assert 0 < trial.delay_p50 <= trial.delay_p99
        assert 0 < trial.back_p50 <= trial.back_p99
        assert trial.feed_us >= 0
        assert trial.edge_us >= 0
    assert any(trial.feed_us > 0 for trial in run.trials)
    assert any(trial.edge_us > 0 for trial in run.trials)


def test_its_files_say_it_all(run: Comparison, tmp_path: Path) -> None:
    write_files(run, tmp_path)
    assert read(tmp_path / "compare.json") == run
    text = (tmp_path / "compare.md").read_text()
    assert text == markdown(run)
    assert f"{LOAD.clients} clients" in text
    assert "not measured" not in text
    ET.fromstring((tmp_path / "compare.svg").read_text())  # noqa: S314 - our own
    for way in Way:
        assert text.count(f"| {way.words} ") == 2
    with_less = Comparison(
        date=run.date, machine=run.machine, load=LOAD, rounds=1, trials=run.trials[:1]
    )
    assert "not measured" in markdown(with_less)


def test_a_run_tries_way_after_way_and_gives_the_cores_back() -> None:
    said: list[str] = []
    before = os.sched_getaffinity(0)
    made = compare(BRIEF, rounds=1, ways=[Way.WEBSOCKET], say=said.append)
    assert said == ["round 1 of 1: WebSocket"]
    assert [trial.way for trial in made.trials] == [Way.WEBSOCKET]
    assert os.sched_getaffinity(0) == before


def test_clients_that_hear_nothing_end_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bench.compare.trial._DEADLINE", 0.5)
    monkeypatch.setattr("bench.compare.clients.Client.data_received", lambda *_: None)
    (tmp_path / "index.html").write_text("x")
    with pytest.raises(NotConnectedError, match="of 2 subscribers 0"):
        asyncio.run(try_way(Way.SSE, BRIEF, tmp_path, choose_cores(), tmp_path))


def test_percentiles() -> None:
    assert part_of([], 0.5) == 0.0
    assert part_of(range(100), 0.99) == 99
    assert part_of([1, 2, 3], 0.5) == 2


def of(run: Comparison, way: Way) -> Trial:
    return next(trial for trial in run.trials if trial.way is way)
