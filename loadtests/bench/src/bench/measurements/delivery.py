"""Processor time per delivery, and delays: the same work for every contender."""

from dataclasses import dataclass
from typing import Final

from bench.contenders import Contender
from bench.tools import Tools
from bench.window import Window, measure_window

_TAIL: Final = (
    2.0  # seconds that the publisher goes on after the window, so that none of it is idle
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """So many subscribers, so many events a second, for so long (seconds)."""

    subscribers: int
    rate: float
    warm: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One round of one contender; ``connect_seconds`` for all its connections."""

    contender: str
    load: Load
    connect_seconds: float
    window: Window


def measure_delivery(tools: Tools, contender: Contender, load: Load) -> Delivery:
    """One round: a fresh server, fresh connections, a warm-up, a window."""
    with (
        tools.run(contender) as running,
        tools.subscribers(running.audience, sample=max(1, load.subscribers // 100)) as subscribers,
    ):
        connect_seconds = subscribers.connect(load.subscribers)
        seconds = load.warm + load.seconds + _TAIL
        with tools.publisher(running.publication, rate=load.rate, seconds=seconds) as publisher:
            window = measure_window(
                tools,
                running,
                subscribers,
                publisher,
                warm=load.warm,
                seconds=load.seconds,
                offered=load.subscribers * load.rate,
            )
    return Delivery(
        contender=contender.name, load=load, connect_seconds=connect_seconds, window=window
    )
