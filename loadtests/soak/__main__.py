"""``python -m soak``: a stack of its own under churn, looked at until the end, then judged."""

import argparse
import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from infra.repository import ROOT
from judging.facts import facts_of
from judging.page import columns, page, table
from judging.plot import Series, chart
from judging.verdict import PASSED, VOID, Verdict
from soak.flatness import WARM_SHARE, Growth, allowances, growth_of
from soak.gauges import Gauge, wait_for_load, watch
from soak.stack import running

_LOADTESTS: Final = ROOT / "loadtests"
_LOOKS: Final = 240
_TAIL_SECONDS: Final = 5
"""What the load goes on for after the last look, so that its end is none of what is seen."""
_ENDING_SECONDS: Final = 120
_UNITS: Final = {"memory": "MiB", "files": "descriptors beside connections"}
_HEADS: Final = ("gauge", "of", "mean", "growth", "allowed", "")

Seen = Mapping[Gauge, Sequence[tuple[float, float]]]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m soak", description=__doc__)
    add = parser.add_argument
    add("--minutes", type=float, default=60.0)
    add("--users", type=int, default=100)
    add("--stay", type=float, default=600.0, help="seconds of a connection: 600 is 10 %% a minute")
    add("--results", type=Path, default=_LOADTESTS / "results" / "soak")
    add("--thresholds", type=Path, default=_LOADTESTS / "thresholds.toml")
    add("--leak", default="", choices=["", "memory", "files", "tasks"], help="a seeded fault")
    return parser


def main() -> int:
    """Run; status 0 if nothing grew and the load passed."""
    arguments = _parser().parse_args()
    # Ended by a signal, what was started ends with it.
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    arguments.results.mkdir(parents=True, exist_ok=True)
    directory = Path(tempfile.mkdtemp(prefix="airwave-soak-"))
    try:
        seen, load = _run(arguments, directory)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    allowed = allowances(arguments.thresholds)
    grown = [growth_of(what, of, looks, allowed.of(what, of)) for (what, of), looks in seen.items()]
    verdict = Verdict(
        broken=(*(f"grew: {one}" for one in grown if one.grew), *_load_failed(load)),
        notes=("the load's own report: load/report.html", *_load_void(load)),
    )
    _write(arguments, seen, grown, verdict)
    return verdict.status


def _run(arguments: argparse.Namespace, directory: Path) -> tuple[Seen, int]:
    seconds = arguments.minutes * 60
    seen: dict[Gauge, list[tuple[float, float]]] = {}
    filled = seconds * WARM_SHARE / 2
    with running(directory, fills_within=filled, leak=arguments.leak) as stack:
        load = subprocess.Popen(_load(arguments, stack.edge.url, seconds), cwd=ROOT)  # noqa: S603 - ours
        try:
            wait_for_load(stack)
            until = time.monotonic() + seconds
            for at, found in watch(stack, every=max(0.5, seconds / _LOOKS), until=until):
                for gauge, value in found.items():
                    seen.setdefault(gauge, []).append((at, value))
            return seen, load.wait(_ENDING_SECONDS)
        finally:
            if load.poll() is None:
                load.kill()
                load.wait()


def _load(arguments: argparse.Namespace, url: str, seconds: float) -> list[str]:
    results = arguments.results / "load"
    results.mkdir(parents=True, exist_ok=True)
    locust = str(_LOADTESTS / ".venv" / "bin" / "locust")
    return [
        *(locust, "-f", str(_LOADTESTS / "locustfile.py"), "--headless", "--loglevel", "WARNING"),
        *("--shape", "soak", "--host", url, "--users", str(arguments.users), "--spawn-rate", "20"),
        *("--run-time", f"{round(seconds) + _TAIL_SECONDS}s", "--stay", str(arguments.stay)),
        *("--results", str(results), "--html", str(results / "locust.html")),
        *("--csv", str(results / "run"), "--thresholds", str(arguments.thresholds)),
    ]


def _load_failed(status: int) -> Sequence[str]:
    told = f"the load itself ended with status {status}"
    return (told,) if status not in (PASSED, VOID) else ()


def _load_void(status: int) -> Sequence[str]:
    """A late generator says nothing of delays; what grew and what was lost stands."""
    return ("the load's delays are void: its generator was late",) if status == VOID else ()


def _write(
    arguments: argparse.Namespace, seen: Seen, grown: Sequence[Growth], verdict: Verdict
) -> None:
    title = f"soak, {arguments.minutes:g} minutes, {arguments.users} users"
    facts = facts_of(title, f"churn {60 / arguments.stay:.0%} a minute")
    rows = [
        (
            one.what,
            one.of,
            f"{one.mean:.1f}",
            f"{one.growth.value:+.2f} ± {one.growth.error:.2f}",
            f"{one.allowed:.1f}",
            "GREW" if one.grew else "flat",
        )
        for one in grown
    ]
    plots = [_plot(what, seen) for what in dict.fromkeys(what for what, _ in seen)]
    text = page(facts, verdict, plots=plots, tables=[("Growth", table(_HEADS, rows))])
    (arguments.results / "report.html").write_text(text, encoding="utf-8")
    plain = {
        "facts": facts.plain(),
        "verdict": verdict.plain(),
        "seen": {f"{what} {of}": list(looks) for (what, of), looks in seen.items()},
    }
    (arguments.results / "soak.json").write_text(json.dumps(plain), encoding="utf-8")
    said = "\n".join(f"  {reason}" for reason in verdict.reasons)
    where = arguments.results / "report.html"
    sys.stdout.write(
        f"{columns(_HEADS, rows)}\n\n{title}: {verdict.word}\n{said}\nreport: {where}\n"
    )


def _plot(what: str, seen: Seen) -> str:
    series = [
        Series(of, [(at / 60, value) for at, value in looks])
        for (kind, of), looks in seen.items()
        if kind == what
    ]
    return chart(what, series, x_name="minutes", y_name=_UNITS.get(what, ""))


if __name__ == "__main__":
    sys.exit(main())
