"""``python -m systemtests.fuzz``: coverage-guided fuzzing of every way in; `make fuzz`."""

import argparse
import importlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from systemtests.fuzz import engine
from systemtests.fuzz.campaign import Campaign
from systemtests.fuzz.engine import Budget
from systemtests.fuzz.outcome import HEADING, Outcome
from systemtests.fuzz.replay import replay
from systemtests.fuzz.shrink import broken_by, shrunk
from systemtests.fuzz.target import Target

RESULTS: Final = Path(__file__).parents[3] / "results"
CATALOGUE: Final = "systemtests.fuzz.catalogue"
SEEDED: Final = "systemtests.fuzz.seeded"


def say(text: str) -> None:
    """To the terminal."""
    print(text, flush=True)  # noqa: T201 - a command line tool


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m systemtests.fuzz", description=__doc__)
    parser.add_argument("--only", default="", metavar="senml,frames", help="these targets only")
    parser.add_argument("--minutes", type=float, help="for each target; 1 if no --runs are given")
    parser.add_argument("--runs", type=int, help="inputs for each target")
    parser.add_argument("--seed", type=int, default=0, help="of the dice; printed if not given")
    parser.add_argument("--side-by-side", type=int, default=1, metavar="N", help="N at a time")
    parser.add_argument("--corpus", type=Path, help="folder of what is learned, for later runs")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--list", action="store_true", help="print the targets, start nothing")
    parser.add_argument("--replay", action="store_true", help="the corpus alone, without atheris")
    parser.add_argument("--input", type=Path, help="have the one target of --only take this file")
    parser.add_argument("--seeded", action="store_true", help="bugs made on purpose, to be found")
    parser.add_argument("--blind", action="store_true", help="without coverage to go by")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> int:
    """Do what was asked for; 1 when something was found, 2 when no target has such a name."""
    arguments = _arguments(given)
    module = SEEDED if arguments.seeded else CATALOGUE
    plain = arguments.list or arguments.input is not None or arguments.replay
    lacking = "" if plain else engine.missing()
    blind = plain or arguments.blind or bool(lacking)
    targets: Mapping[str, Target] = (
        importlib.import_module(module).TARGETS if blind else engine.catalogue(module)
    )
    try:
        chosen = engine.names([name for name in arguments.only.split(",") if name], targets)
    except KeyError as error:
        say(f"no target is called {error}; there are {', '.join(targets)}")
        return 2
    if arguments.list:
        say("\n".join(f"{target.name:<16} {target.promise}" for target in chosen))
        return 0
    if arguments.input is not None:
        return _take(chosen[0], arguments.input)
    if lacking:
        say(lacking)
    return _run(arguments, chosen, replayed=arguments.replay or bool(lacking))


def _run(arguments: argparse.Namespace, targets: Sequence[Target], *, replayed: bool) -> int:
    moment = datetime.now(UTC)
    seed = arguments.seed or int(moment.timestamp()) % 1_000_000
    folder = arguments.results / f"fuzz-{moment:%Y%m%d-%H%M%S}-{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    outcomes: list[Outcome] = []

    def keep(outcome: Outcome) -> None:
        outcomes.append(outcome)
        say(outcome.row)

    say(HEADING)
    if replayed:
        for target in targets:
            keep(replay(target))
    else:
        minutes = arguments.minutes or (None if arguments.runs else 1.0)
        seconds = None if minutes is None else minutes * 60
        budget = Budget(runs=arguments.runs, seconds=seconds, seed=seed)
        corpus = arguments.corpus or arguments.results / "fuzz-corpus"
        side_by_side = max(1, arguments.side_by_side)
        Campaign(folder, corpus, budget, side_by_side=side_by_side).run(targets, keep)
    return _report(folder, outcomes, seed)


def _report(folder: Path, outcomes: Sequence[Outcome], seed: int) -> int:
    rows = [asdict(outcome) for outcome in outcomes]
    report = folder / "report.json"
    report.write_text(json.dumps({"seed": seed, "outcomes": rows}, indent=1, default=str))
    say(f"seed {seed}, report: {report}")
    broken = [outcome for outcome in outcomes if outcome.broken]
    for outcome in broken:
        say(f"\n{outcome.target}: {outcome.broken}")
        if outcome.input is not None:
            again = (
                f"make fuzz ONLY={outcome.target} ARGS='--input {os.path.relpath(outcome.input)}'"
            )
            say(f"  again: {again}")
            say(f"  log:   {folder / outcome.target / 'log'}")
    return 1 if broken or not outcomes else 0


def _take(target: Target, path: Path) -> int:
    """Take one input; one that breaks something is shortened, and shown."""
    data = path.read_bytes()
    what = broken_by(target, data)
    if not what:
        say(f"{target.name} holds for {path}")
        return 0
    short = shrunk(data, lambda cut: broken_by(target, cut) == what)
    say(
        f"{target.name}, {target.promise}:\n{what}\nby {len(short)} of {len(data)} bytes: {short!r}"
    )
    target.take(short)
    return 1


if __name__ == "__main__":
    sys.exit(main())
