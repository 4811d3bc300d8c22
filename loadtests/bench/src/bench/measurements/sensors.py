"""A hundred sensors to two thousand subscribers: delivered readings a second on one core."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from bench import messages
from bench.contenders.ours import Feed, readings
from bench.tools import Tools
from bench.verdict import ACHIEVED_ENOUGH
from bench.window import Window, measure_window

_WARM: Final = 2.0
_TAIL: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensors:
    """One step: ``hertz`` is how often each of the hundred sensors is read."""

    subscribers: int
    sensors: int
    hertz: float
    window: Window


def measure_sensors(
    tools: Tools, *, subscribers: int, hertz: Sequence[float], seconds: float
) -> tuple[Sensors, ...]:
    """Step through ``hertz`` until one is not kept up with; flushes are the feed's own 20 ms."""
    steps: list[Sensors] = []
    for step in hertz:
        rate = messages.SENSORS * step
        tools.say(f"{messages.SENSORS} sensors x {step:g} Hz to {subscribers} subscribers")
        window = _measure(tools, rate=rate, subscribers=subscribers, seconds=seconds)
        steps.append(
            Sensors(subscribers=subscribers, sensors=messages.SENSORS, hertz=step, window=window)
        )
        if window.achieved < ACHIEVED_ENOUGH * window.offered:
            break
    return tuple(steps)


def _measure(tools: Tools, *, rate: float, subscribers: int, seconds: float) -> Window:
    with tools.run(Feed()) as running:
        # There is one brace to a record; its time is its stamp.
        audience = replace(running.audience, marker="{", stamp='"t":')
        publication = readings(
            running.publication.port, messages.number(), sensors=messages.SENSORS
        )
        with tools.subscribers(audience, sample=max(1, subscribers // 20)) as crowd:
            crowd.connect(subscribers)
            with tools.publisher(
                publication, rate=rate, seconds=_WARM + seconds + _TAIL
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
