"""``python -m bench.compare``: the same readings over each transport, through the edge."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench.compare.report import markdown
from bench.compare.running import compare, write_files
from bench.compare.trial import Load
from bench.compare.ways import Way
from bench.errors import BenchError, NotLinuxError
from bench.folders import RUNS

_QUICK: Final = Load(clients=50, seconds=4.0)
_EPILOG: Final = (
    "Each run is kept in loadtests/results/runs/; --out loadtests/results publishes it."
)


def main() -> int:
    """Run; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.compare", description=__doc__, epilog=_EPILOG
    )
    parser.add_argument("--quick", action="store_true", help="1 to 2 minutes instead of 5")
    parser.add_argument("--clients", type=int, help="how many at a time (500; quick: 50)")
    parser.add_argument("--rounds", type=int, help="of every way (2; quick: 1)")
    parser.add_argument("--only", type=Way, nargs="+", choices=list(Way), default=list(Way))
    parser.add_argument("--out", type=Path, help="folder for compare.json, .md and .svg")
    given = parser.parse_args()
    if sys.platform != "linux":
        sys.stderr.write(f"compare: {NotLinuxError(sys.platform)}\n")
        return 1
    usual = _QUICK if given.quick else Load(clients=500)
    load = Load(clients=given.clients or usual.clients, seconds=usual.seconds)
    rounds = given.rounds or (1 if given.quick else 2)
    try:
        run = compare(load, rounds=rounds, ways=given.only, say=_say)
    except BenchError as error:
        sys.stderr.write(f"compare: {error}\n")
        return 1
    folder = given.out or RUNS / datetime.now(UTC).strftime("%Y%m%d-%H%M%S-compare")
    write_files(run, folder)
    sys.stdout.write(markdown(run))
    sys.stderr.write(f"\nkept in {folder}\n")
    return 0


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
