"""``python -m bench``: the benchmark, on this machine, now."""

import argparse
import os
import shutil
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench.campaign import Campaign, choose
from bench.compiler import compiled
from bench.contenders import CONTENDERS
from bench.cores import choose_cores
from bench.errors import BenchError, NotLinuxError
from bench.files import write_files
from bench.folders import COMPILED, INSTALLED, RUNS
from bench.plan import Measure, make_plan
from bench.report import markdown
from bench.tools import Tools

_INTERRUPTED: Final = 130
_EPILOG: Final = """\
Each run is kept in loadtests/results/runs/; `python -m bench.summary RUN` makes one the summary
that the repository shows. What to compare with is fetched by loadtests/bench/install-contenders.
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        description=__doc__,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="2 to 3 minutes instead of 20")
    parser.add_argument("--only", type=_words, default=[], metavar="NAME,…", help=_names())
    parser.add_argument(
        "--measure", type=_measures, metavar="WHAT,…", help=f"of {', '.join(Measure)}"
    )
    parser.add_argument("--subscribers", type=_numbers, metavar="N,…", help="for deliveries")
    parser.add_argument("--rounds", type=int, help="for deliveries")
    parser.add_argument("--out", type=Path, help="folder for bench.json, bench.md and bench.svg")
    return parser


def _names() -> str:
    return f"contenders, with their floors: {', '.join(c.name for c in CONTENDERS)}"


def _words(text: str) -> list[str]:
    return [word for word in (part.strip() for part in text.split(",")) if word]


def _measures(text: str) -> list[Measure]:
    return [Measure(word) for word in _words(text)]


def _numbers(text: str) -> list[int]:
    return [int(word) for word in _words(text)]


class Narrator:
    """Says what is being done, with the time since the beginning."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def __call__(self, text: str) -> None:
        """Say one line."""
        minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
        sys.stderr.write(f"[{minutes:2}:{seconds:02}] {text}\n")


def main() -> int:
    """Run; returns the exit status."""
    arguments = _parser().parse_args()
    try:
        return _run(arguments)
    except BenchError as error:
        sys.stderr.write(f"bench: {error}\n")
        return 1


def _run(arguments: argparse.Namespace) -> int:
    if sys.platform != "linux":
        raise NotLinuxError(sys.platform)
    cores = choose_cores()
    for program in ("subscribers", "publisher", "floor"):
        compiled(program, COMPILED)
    # We are no server: what we do, and all that we start without pinning it, is the client's.
    os.sched_setaffinity(0, {cores.client})
    plan = make_plan(
        quick=arguments.quick,
        measures=arguments.measure,
        subscribers=arguments.subscribers,
        rounds=arguments.rounds,
    )
    contenders = choose(arguments.only, CONTENDERS)
    directory = Path(tempfile.mkdtemp(prefix="airwave-bench-"))
    try:
        campaign = Campaign(
            Tools(directory, cores, COMPILED, INSTALLED, Narrator()), plan, contenders
        )
        return _finish(campaign, arguments.out)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _finish(campaign: Campaign, out: Path | None) -> int:
    status = 0
    try:
        campaign.run()
    except KeyboardInterrupt:
        sys.stderr.write("bench: interrupted; what was measured until now:\n")
        status = _INTERRUPTED
    folder = out or RUNS / datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    write_files(campaign.results, folder)
    sys.stdout.write(markdown(campaign.results))
    sys.stderr.write(f"\nkept in {folder}\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
