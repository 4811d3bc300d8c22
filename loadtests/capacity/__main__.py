"""``python -m capacity``: measure what a crowd costs on this machine, and say what one needs."""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

from bench.__main__ import Narrator
from bench.compiler import compiled
from bench.cores import choose_cores
from bench.errors import BenchError, NotLinuxError
from bench.folders import COMPILED, INSTALLED, RESULTS
from bench.tools import Tools
from capacity.answer import answer, fitted
from capacity.campaign import CHECK_MAX, SHORT, WHOLE, measure
from capacity.model import SERVICES, Model, load_model
from capacity.sizing import Demand, needs

FITTED: Final = RESULTS / "capacity.json"
_PROGRAMS: Final = ("subscribers", "publisher")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m capacity", description=__doc__)
    add = parser.add_argument
    add("--users", type=int, help="answer for so many users, from the fit that there is")
    add("--rate", type=float, default=10.0, help="readings a second that each is shown")
    add("--rooms", type=int, default=0, help="over which they spread (default: 20 in each)")
    add("--posts", type=float, default=1.0, help="of one user in a minute")
    add("--link", type=float, default=1000.0, help="Mbit/s that a machine of the edge may send")
    add("--model", type=Path, default=FITTED, help="the fit, as JSON")
    add("--only", default=",".join(SERVICES), help="measure these anew, keep the others' costs")
    add(
        "--short",
        action="store_true",
        help="measure little: shows that it works, not what it costs",
    )
    return parser


def main() -> int:
    """Answer if there is a question, measure if not; returns the exit status."""
    arguments = _parser().parse_args()
    if arguments.users is not None:
        return _answer(arguments)
    try:
        model = _measure(arguments)
    except BenchError as error:
        sys.stderr.write(f"capacity: {error}\n")
        return 1
    arguments.model.parent.mkdir(parents=True, exist_ok=True)
    model.save(arguments.model)
    sys.stdout.write(f"{fitted(model)}\nkept in {arguments.model}\n")
    return _checked(model)


def _answer(arguments: argparse.Namespace) -> int:
    if not arguments.model.exists():
        sys.stderr.write("capacity: nothing was measured here yet: make capacity\n")
        return 1
    model = load_model(arguments.model)
    users = max(1, arguments.users)
    demand = Demand(
        users=users,
        rate=arguments.rate,
        rooms=max(1, arguments.rooms or users // 20),
        posts=arguments.posts,
        link=arguments.link * 1e6 / 8,
    )
    sys.stdout.write(f"{answer(model, demand, list(needs(model, demand)))}\n")
    return 0


def _measure(arguments: argparse.Namespace) -> Model:
    if sys.platform != "linux":
        raise NotLinuxError(sys.platform)
    cores = choose_cores()
    for program in _PROGRAMS:
        compiled(program, COMPILED)
    # We are no server: what we do, and all that we start without pinning it, is the client's.
    os.sched_setaffinity(0, {cores.client})
    directory = Path(tempfile.mkdtemp(prefix="airwave-capacity-"))
    try:
        tools = Tools(directory, cores, COMPILED, INSTALLED, Narrator())
        known = load_model(arguments.model) if arguments.model.exists() else None
        extent = SHORT if arguments.short else WHOLE
        return measure(tools, extent, only=arguments.only.split(","), known=known)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def _checked(model: Model) -> int:
    """Status 1 when the fit does not tell what a size costs that it has not seen."""
    wrong = [one for one in model.services.values() if one.check_error > CHECK_MAX]
    for one in wrong:
        predicted, measured = one.checked
        sys.stderr.write(
            f"capacity: {one.name} was predicted {predicted:.3f} cores and took {measured:.3f}: "
            f"{one.check_error:.0%} off, more than {CHECK_MAX:.0%}; measure on a quiet machine\n"
        )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
