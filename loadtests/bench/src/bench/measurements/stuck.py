"""Some never read: what that does to the others, and to memory."""

from dataclasses import dataclass
from typing import Final

from bench import messages
from bench.admin import metric
from bench.contenders.ours import Feed, readings
from bench.tools import Tools
from bench.window import Window, measure_window

SHARE: Final = 0.05
_RATE: Final = 20.0  # packs of ten readings a second: some 40 KB/s, so buffers fill within seconds
WARM: Final = 8.0
_TAIL: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """One run: ``stuck`` of the subscribers never read. Memory at its end, in bytes.

    ``lagging``: how many the feed itself has found full and left behind by then.
    """

    subscribers: int
    stuck: int
    lagging: int
    resident_bytes: int
    window: Window


def measure_stuck(
    tools: Tools, *, subscribers: int, stuck: int, seconds: float, warm: float = WARM
) -> Stuck:
    """Let ``stuck`` subscribers read nothing, and measure the others."""
    tools.say(f"{subscribers} subscribers, {stuck} of them never read")
    with tools.run(Feed()) as running:
        publication = readings(running.publication.port, messages.large_pack())
        with tools.subscribers(running.audience, sample=max(1, subscribers // 100)) as crowd:
            crowd.tell("buffers", 1)
            crowd.connect(stuck)
            crowd.tell("buffers", 0)
            crowd.connect(subscribers - stuck)
            crowd.tell("stall", stuck)
            with tools.publisher(
                publication, rate=_RATE, seconds=warm + seconds + _TAIL
            ) as publisher:
                window = measure_window(
                    tools,
                    running,
                    crowd,
                    publisher,
                    warm=warm,
                    seconds=seconds,
                    offered=(subscribers - stuck) * _RATE * messages.PACKED,
                )
            return Stuck(
                subscribers=subscribers,
                stuck=stuck,
                lagging=int(metric(running.admin_port, "feed_subscribers_lagging")),
                resident_bytes=running.resident_bytes(),
                window=window,
            )
