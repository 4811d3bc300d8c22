"""The shape that locust asks once a second, and what happens at its moments."""

import logging
import shlex
import subprocess
import time
from typing import Final

import gevent  # type: ignore[import-untyped]
from locust import LoadTestShape, events
from locust.env import Environment
from locust.runners import MasterRunner, WorkerRunner

from crowd.plan import Plan, Shape, plan
from judging.knee import beyond_knee
from judging.thresholds import load
from users.options import options_of
from users.telling import JOURNAL
from users.weather import WEATHER

_STORM: Final = "storm"
_SECONDS: Final = 60.0
_SETTLED: Final = 0.7
"""The part of a step's time after which its figures are looked at."""
log: Final = logging.getLogger("crowd")


class Chosen(LoadTestShape):
    """The one that ``--shape`` names, with ``--users``, ``--spawn-rate`` and ``--run-time``."""

    use_common_options = True

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._plan: Plan | None = None
        self._past = 0.0
        self._begun = 0.0

    def reset_time(self) -> None:
        """A new run."""
        super().reset_time()  # type: ignore[no-untyped-call]
        self._plan, self._past, self._begun = None, 0.0, time.time()

    def tick(self) -> tuple[int, float] | None:
        """How many users there are to be now."""
        if self.runner is None:
            return None
        at, chosen = self.get_run_time(), self._chosen()  # type: ignore[no-untyped-call]
        JOURNAL.users[int(time.time())] = self.runner.user_count
        self._moments(chosen, at)
        stage = chosen.stage(at)
        if stage is None or (chosen.stops_at_knee and self._beyond(chosen, at)):
            return None
        return stage.users, stage.rate

    def _chosen(self) -> Plan:
        if self._plan is None and self.runner is not None:
            options = options_of(self.runner.environment)
            self._plan = plan(
                Shape(options.shape),
                users=int(options.num_users or 1),
                rate=float(options.spawn_rate or 1),
                seconds=float(options.run_time or _SECONDS),
            )
        assert self._plan is not None  # noqa: S101 - made just now
        return self._plan

    def _moments(self, chosen: Plan, at: float) -> None:
        """Storms and restarts that are due since the last look."""
        for moment in chosen.storms:
            if self._past < moment <= at:
                self._say("storm: every connection is cut")
                _send_storm(self.runner)
        for moment in chosen.rolls:
            if self._past < moment <= at:
                self._say("rolling: replicas are restarted")
                gevent.spawn(self._roll)
        self._past = at

    def _roll(self) -> None:
        command = options_of(self.runner.environment).roll if self.runner else ""
        done = subprocess.run(shlex.split(command), check=False, capture_output=True, text=True)  # noqa: S603 - the user's own
        if done.returncode:
            why = f"status {done.returncode}: {(done.stderr or done.stdout).strip()[-120:]}"
            JOURNAL.failed("RUN roll", why, at=time.time())

    def _say(self, what: str) -> None:
        log.warning(what)
        JOURNAL.moments.append((time.time(), what))

    def _beyond(self, chosen: Plan, at: float) -> bool:
        """Whether the present step, near its end, is beyond the knee."""
        stage = chosen.stage(at)
        ends = min((s.begins for s in chosen.stages if s.begins > at), default=chosen.seconds)
        if stage is None or at < stage.begins + _SETTLED * (ends - stage.begins):
            return False
        options = options_of(self.runner.environment) if self.runner else None
        began = self._begun + stage.begins + (ends - stage.begins) * 0.3
        why = (
            beyond_knee(JOURNAL, load(options.thresholds, options.shape), began, time.time())
            if options
            else ""
        )
        if why:
            self._say(f"the knee: {stage.users} users: {why}")
        return bool(why)


def _send_storm(runner: object) -> None:
    if isinstance(runner, MasterRunner):
        runner.send_message(_STORM)
    else:
        WEATHER.storm()


@events.init.add_listener  # type: ignore[untyped-decorator]
def hear_of_storms(environment: Environment, **_: object) -> None:
    """A worker is told by its master."""
    if isinstance(environment.runner, WorkerRunner):
        environment.runner.register_message(_STORM, lambda **_: WEATHER.storm())
