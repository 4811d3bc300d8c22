"""One window of measuring: deliveries, their delays, the server's processor time, our own lag."""

import time
from dataclasses import dataclass
from typing import Final

from bench.proc import core_time
from bench.publisher import Publisher
from bench.running import Running
from bench.subscribers import Subscribers
from bench.tools import Tools
from bench.verdict import Lag, Verdict, judge

_WHOLE: Final = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What a window gave; rates per second, delays in seconds from the intended time, CPU in µs."""

    offered: float
    achieved: float
    user_us: float
    system_us: float
    server_busy: float
    foreign: float
    p50: float
    p99: float
    p999: float
    loop_p99: float
    late_p99: float
    client_busy: float
    lost: int
    verdict: Verdict
    lag: tuple[str, ...]

    @property
    def cpu_us(self) -> float:
        """Processor time of the server per delivery."""
        return self.user_us + self.system_us


def measure_window(
    tools: Tools,
    running: Running,
    subscribers: Subscribers,
    publisher: Publisher,
    *,
    warm: float,
    seconds: float,
    offered: float,
) -> Window:
    """Measure for ``seconds`` after ``warm`` seconds of the publisher, and end the publisher.

    ``offered`` are the deliveries a second that would be made if nothing were late.
    """
    time.sleep(max(0.0, publisher.began + warm - time.time()))
    client_before, server_before = core_time(tools.cores.client), core_time(tools.cores.server)
    cpu_before = running.cpu()
    subscribers.tell("start")
    time.sleep(seconds)
    cpu = running.cpu().since(cpu_before)
    answer = subscribers.tell("stop")
    client = core_time(tools.cores.client).since(client_before)
    server = core_time(tools.cores.server).since(server_before)
    published = publisher.stop()
    achieved = answer["deliveries"] / answer["seconds"]
    deliveries = max(1, answer["deliveries"])
    lag = Lag(
        loop=answer["loop_p99_us"] / _WHOLE,
        late=published.late_p99,
        busy=client.busy_share,
        foreign=0.0 if tools.cores.shared else server.foreign_share(cpu),
    )
    return Window(
        offered=offered,
        achieved=achieved,
        user_us=cpu.user * _WHOLE / deliveries,
        system_us=cpu.system * _WHOLE / deliveries,
        server_busy=server.busy_share,
        foreign=lag.foreign,
        p50=answer["p50_us"] / _WHOLE,
        p99=answer["p99_us"] / _WHOLE,
        p999=answer["p999_us"] / _WHOLE,
        loop_p99=lag.loop,
        late_p99=lag.late,
        client_busy=lag.busy,
        lost=answer["lost"],
        verdict=judge(offered=offered, achieved=achieved, lag=lag),
        lag=lag.reasons,
    )
