"""What a run leaves: journals gathered, a verdict, a report, an exit status."""

import json
import logging
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import gevent  # type: ignore[import-untyped]
from locust import events
from locust.env import Environment
from locust.runners import LocalRunner, WorkerRunner

from crowd.journal import Journal
from crowd.plan import Shape
from judging.facts import Facts, facts_of
from judging.lines import ACK, DELAY, LAG
from judging.report import html, text
from judging.thresholds import load
from judging.verdict import Verdict, judge
from users.health import HEALTH
from users.options import options_of
from users.reaching import try_to_reach
from users.telling import JOURNAL

_PROGRESS_SECONDS: Final = 5.0
_KEY: Final = "journal"
_OVER: Final = ("stopping", "stopped", "cleanup")
_FOLLOWED: Final = ((DELAY, "event delay"), (ACK, "ack"), (LAG, "generator late"))
log: Final = logging.getLogger("crowd")


@events.init.add_listener  # type: ignore[untyped-decorator]
def refuse_what_cannot_be(environment: Environment, **_: object) -> None:
    """A rolling run needs to know how to restart; thresholds have to be readable."""
    options = options_of(environment)
    if (
        options.shape == "rolling"
        and not options.roll
        and not isinstance(environment.runner, WorkerRunner)
    ):
        message = "the shape rolling needs ROLL, the command that restarts replicas"
        raise SystemExit(message)
    load(options.thresholds, options.shape)
    # Our own table says more; locust's is in its report.
    logging.getLogger("locust.stats_logger").disabled = options.loglevel == "WARNING"


@events.init.add_listener  # type: ignore[untyped-decorator]
def refuse_where_nobody_is(environment: Environment, **_: object) -> None:
    """A minute of failed connections says no more than one of them.

    Not for a master, which may be where only its workers can reach the host, nor for locust's own
    page, on which the host can be set.
    """
    if isinstance(environment.runner, LocalRunner) and environment.web_ui is None:
        host = str(environment.host)
        try:
            try_to_reach(host)
        except OSError as error:
            message = (
                f"nothing answers at {host} ({error}): make up starts Airwave, HOST=… is where"
            )
            raise SystemExit(message) from error


@events.test_start.add_listener  # type: ignore[untyped-decorator]
def begin(environment: Environment, **_: object) -> None:
    """A new journal; each process watches itself, and who judges says how it goes."""
    JOURNAL.clear()
    HEALTH.begin()
    if not isinstance(environment.runner, WorkerRunner):
        gevent.spawn(_say_how_it_goes, environment)


@events.report_to_master.add_listener  # type: ignore[untyped-decorator]
def send(client_id: str, data: dict[str, Any], **_: object) -> None:  # noqa: ARG001 - locust's names
    """A worker's journal goes to the master piece by piece."""
    data[_KEY] = JOURNAL.plain()
    JOURNAL.clear()


@events.worker_report.add_listener  # type: ignore[untyped-decorator]
def gather(client_id: str, data: dict[str, Any], **_: object) -> None:  # noqa: ARG001 - locust's names
    """The master puts the pieces together."""
    if _KEY in data:
        JOURNAL.merge(data.pop(_KEY))


@events.test_stop.add_listener  # type: ignore[untyped-decorator]
def end(environment: Environment, **_: object) -> None:
    """Judge, and write the report."""
    HEALTH.end()
    if isinstance(environment.runner, WorkerRunner):
        return
    options = options_of(environment)
    # Steps go beyond the knee on purpose: the knee is their result, and delays are no fault.
    timed = options.shape != Shape.STEPS
    verdict = judge(JOURNAL, load(options.thresholds, options.shape), judge_times=timed)
    facts = facts_of(
        f"load, {options.shape} to {options.num_users or 1} users", str(environment.host)
    )
    _write(Path(options.results), verdict, facts)
    environment.process_exit_code = verdict.status
    said = f"{text(JOURNAL, verdict, facts)}\nreport: {Path(options.results) / 'report.html'}\n"
    sys.stdout.write(said)
    sys.stdout.flush()


def _write(folder: Path, verdict: Verdict, facts: Facts) -> None:
    with suppress(FileExistsError):
        folder.mkdir(parents=True)
    (folder / "report.html").write_text(html(JOURNAL, verdict, facts), encoding="utf-8")
    plain = {"facts": facts.plain(), "verdict": verdict.plain(), "journal": JOURNAL.plain()}
    (folder / "run.json").write_text(json.dumps(plain), encoding="utf-8")


def _say_how_it_goes(environment: Environment) -> None:
    began = time.time()
    runner = environment.runner
    while runner is not None:
        gevent.sleep(_PROGRESS_SECONDS)
        if runner.state in _OVER:
            return
        now = time.time()
        sys.stdout.write(
            f"{now - began:5.0f} s  {runner.user_count} users{_recently(JOURNAL, now)}\n"
        )
        sys.stdout.flush()


def _recently(journal: Journal, now: float) -> str:
    said = ""
    for line, words in _FOLLOWED:
        recent = journal.between(line, now - _PROGRESS_SECONDS - 1, now)
        if recent.count:
            p50, p99 = recent.percentile(50) * 1e3, recent.percentile(99) * 1e3
            said += f", {words} p50 {p50:.0f} p99 {p99:.0f} ms"
    return said
