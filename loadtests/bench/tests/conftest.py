"""Tools for real runs, and made-up results to report on."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.cores import choose_cores
from bench.folders import COMPILED
from bench.results import Results
from bench.testing import made_up_results
from bench.tools import Tools


@pytest.fixture
def results() -> Results:
    return made_up_results()


@pytest.fixture
def tools(tmp_path: Path) -> Iterator[Tools]:
    before = os.sched_getaffinity(0)
    cores = choose_cores()
    os.sched_setaffinity(0, {cores.client})
    try:
        yield Tools(tmp_path, cores, COMPILED, tmp_path / "nothing-installed", lambda _: None)
    finally:
        os.sched_setaffinity(0, before)
