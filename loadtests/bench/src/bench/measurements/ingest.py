"""How many readings a second a feed without subscribers takes from the broker."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bench import messages
from bench.admin import metric
from bench.contenders.ours import Feed, readings
from bench.proc import core_time
from bench.running import Running
from bench.tools import Tools
from bench.verdict import ACHIEVED_ENOUGH, Lag, Verdict, judge

_WARM: Final = 1.0
_TAIL: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Ingest:
    """One step; readings a second, and µs of the feed's processor time for each."""

    offered: float
    achieved: float
    cpu_us: float
    client_busy: float
    verdict: Verdict


def measure_ingest(tools: Tools, rates: Sequence[float], *, seconds: float) -> tuple[Ingest, ...]:
    """Step through ``rates`` (readings a second) until one is not kept up with."""
    steps: list[Ingest] = []
    for rate in rates:
        tools.say(f"relay ingest: {rate:,.0f} readings/s to a feed without subscribers")
        steps.append(_measure(tools, rate, seconds))
        if steps[-1].achieved < ACHIEVED_ENOUGH * rate:
            break
    return tuple(steps)


def _measure(tools: Tools, rate: float, seconds: float) -> Ingest:
    with tools.run(Feed()) as running:
        publication = readings(
            running.publication.port, messages.number(), sensors=messages.SENSORS
        )
        with tools.publisher(publication, rate=rate, seconds=_WARM + seconds + _TAIL) as publisher:
            time.sleep(max(0.0, publisher.began + _WARM - time.time()))
            client, server = core_time(tools.cores.client), core_time(tools.cores.server)
            cpu = running.cpu()
            began, before = time.monotonic(), _readings(running)
            time.sleep(seconds)
            taken, lasted = _readings(running) - before, time.monotonic() - began
            cpu = running.cpu().since(cpu)
            lag = Lag(
                loop=0.0,
                late=publisher.stop().late_p99,
                busy=core_time(tools.cores.client).since(client).busy_share,
                foreign=core_time(tools.cores.server).since(server).foreign_share(cpu),
            )
    achieved = taken / lasted
    return Ingest(
        offered=rate,
        achieved=achieved,
        cpu_us=cpu.total * 1e6 / max(1.0, taken),
        client_busy=lag.busy,
        verdict=judge(offered=rate, achieved=achieved, lag=lag),
    )


def _readings(running: Running) -> float:
    """The feed's own counter."""
    return metric(running.admin_port, "feed_readings_total")
