"""Where a server no longer keeps up: the rate is stepped until deliveries are missing or late."""

from dataclasses import dataclass
from typing import Final

from bench.contenders import Contender
from bench.running import Running
from bench.subscribers import Subscribers
from bench.tools import Tools
from bench.verdict import ACHIEVED_ENOUGH, Verdict
from bench.window import Window, measure_window

_FIRST: Final = 40.0  # events a second
_GROWTH: Final = 1.5
STEPS: Final = 16
P99_MAX: Final = 0.1
"""Seconds; a reading that is shown later than that is not live."""
_COMFORT: Final = 0.6
_WARM: Final = 1.0
_TAIL: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Knee:
    """``best``: the last step that kept up; ``end``: the one that did not; ``comfort``: 60 %."""

    contender: str
    subscribers: int
    best: Window | None
    end: Window | None
    comfort: Window | None

    @property
    def limited_by_generator(self) -> bool:
        """Whether the knee is the generator's, and the server's lies higher."""
        return self.end is None or self.end.verdict in (Verdict.VOID, Verdict.DELAYS_VOID)


def keeps_up(window: Window) -> bool:
    """Whether a step is below the knee."""
    return window.achieved >= ACHIEVED_ENOUGH * window.offered and window.p99 <= P99_MAX


def measure_knee(
    tools: Tools, contender: Contender, *, subscribers: int, seconds: float, steps: int = STEPS
) -> Knee:
    """Step up until it does not keep up; then once more at 60 % of what it did keep up with."""
    best = end = comfort = None
    with (
        tools.run(contender) as running,
        tools.subscribers(running.audience, sample=max(1, subscribers // 100)) as crowd,
    ):
        crowd.connect(subscribers)
        rate = _FIRST
        for _ in range(steps):
            tools.say(f"the knee, {subscribers} subscribers x {rate:.0f}/s: {contender.title}")
            end = _step(tools, running, crowd, rate=rate, subscribers=subscribers, seconds=seconds)
            if not keeps_up(end):
                break
            best, end = end, None
            rate *= _GROWTH
        if best is not None:
            rate = best.offered / subscribers * _COMFORT
            comfort = _step(
                tools, running, crowd, rate=rate, subscribers=subscribers, seconds=2 * seconds
            )
    return Knee(
        contender=contender.name, subscribers=subscribers, best=best, end=end, comfort=comfort
    )


def _step(
    tools: Tools,
    running: Running,
    crowd: Subscribers,
    *,
    rate: float,
    subscribers: int,
    seconds: float,
) -> Window:
    with tools.publisher(
        running.publication, rate=rate, seconds=_WARM + seconds + _TAIL
    ) as publisher:
        return measure_window(
            tools,
            running,
            crowd,
            publisher,
            warm=_WARM,
            seconds=seconds,
            offered=rate * subscribers,
        )
