"""Whether the run may be believed at all."""

import logging
import time
from typing import Final

import gevent  # type: ignore[import-untyped]
from locust import events
from locust.env import Environment
from locust.runners import WorkerRunner

from users.telling import Teller

_LOOK_SECONDS: Final = 0.25
_PROOF: Final = {"DashboardUser": ("event delay", "SSE"), "ChatUser": ("delivery", "WS")}
"""What each kind of user must have seen at least once."""


@events.test_start.add_listener  # type: ignore[untyped-decorator]
def watch_the_generator(environment: Environment, **_: object) -> None:
    """Measure how late this process itself is: what it adds to every delay that it reports."""
    teller = Teller(environment, "RUN")

    def watch() -> None:
        while environment.runner is not None and environment.runner.state != "stopped":
            began = time.monotonic()
            gevent.sleep(_LOOK_SECONDS)
            teller.took("generator lag", time.monotonic() - began - _LOOK_SECONDS)

    gevent.spawn(watch)


@events.quitting.add_listener  # type: ignore[untyped-decorator]
def refuse_an_empty_run(environment: Environment, **_: object) -> None:
    """End with status 1 when users ran and nothing reached them: no failure is no success."""
    if isinstance(environment.runner, WorkerRunner):
        return
    for user_class in environment.user_classes:
        name, type_ = _PROOF[user_class.__name__]
        if environment.stats.get(name, type_).num_requests == 0:
            logging.getLogger("crowd").error("%s saw nothing: no %s", user_class.__name__, name)
            environment.process_exit_code = 1
