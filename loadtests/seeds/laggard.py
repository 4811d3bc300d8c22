"""A generator that stalls: ``-f loadtests/locustfile.py,loadtests/seeds/laggard.py``."""

import gevent  # type: ignore[import-untyped]
from gevent import monkey
from locust import events

_STALL_SECONDS = 0.4
_sleep = monkey.get_original("time", "sleep")


@events.test_start.add_listener  # type: ignore[untyped-decorator]
def stall(**_: object) -> None:
    """Hold the whole process again and again, as a garbage collection or a full core would."""

    def hold() -> None:
        while True:
            gevent.sleep(_STALL_SECONDS)
            _sleep(_STALL_SECONDS)

    gevent.spawn(hold)
