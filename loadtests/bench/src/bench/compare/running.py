"""A comparison from its first trial to its files."""

import asyncio
import os
import resource
import tempfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench.compare.chart import svg
from bench.compare.report import markdown
from bench.compare.results import Comparison, encode
from bench.compare.trial import Load, Trial, try_way
from bench.compare.ways import Way
from bench.cores import Cores, choose_cores
from bench.machine import this_machine

NAME: Final = "compare"
_PAGE: Final = "<!doctype html><title>compare</title>"


def compare(
    load: Load, *, rounds: int, ways: Sequence[Way], say: Callable[[str], None]
) -> Comparison:
    """Try every way in turn, again and again; fresh servers each time."""
    cores = choose_cores()
    _allow_files()
    # We are no server: what we do, and what we start without pinning it, is the client's.
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cores.client})
    try:
        machine = this_machine(cores)
        date = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
        trials = []
        for number in range(1, rounds + 1):
            for way in ways:
                say(f"round {number} of {rounds}: {way.words}")
                trials.append(try_once(way, load, cores))
    finally:
        os.sched_setaffinity(0, before)
    return Comparison(date=date, machine=machine, load=load, rounds=rounds, trials=trials)


def write_files(run: Comparison, folder: Path) -> None:
    """``compare.json``, ``compare.md`` and ``compare.svg`` in ``folder``, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{NAME}.json").write_bytes(encode(run))
    (folder / f"{NAME}.md").write_text(markdown(run), encoding="utf-8")
    (folder / f"{NAME}.svg").write_text(svg(run), encoding="utf-8")


def try_once(way: Way, load: Load, cores: Cores) -> Trial:
    """One trial in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="airwave-compare-") as place:
        page = Path(place) / "page"
        page.mkdir()
        (page / "index.html").write_text(_PAGE)
        return asyncio.run(try_way(way, load, Path(place), cores, page))


def _allow_files() -> None:
    """A client is a descriptor."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
