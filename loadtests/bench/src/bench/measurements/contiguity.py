"""Whether every delivery arrived, in order and once: no claim about speed."""

from dataclasses import dataclass
from typing import Final

from bench.contenders import Contender
from bench.tools import Tools

_PATIENCE: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Contiguity:
    """``least``: the last event that every subscriber has; the others count events."""

    contender: str
    subscribers: int
    sent: int
    least: int
    missing: int
    repeats: int
    lost: int

    @property
    def whole(self) -> bool:
        """Whether everybody has everything once."""
        return self.least == self.sent and not (self.missing or self.repeats or self.lost)


def check_contiguity(
    tools: Tools, contender: Contender, *, subscribers: int, rate: float, seconds: float
) -> Contiguity:
    """Publish to subscribers that all check what they get."""
    tools.say(f"contiguity, {subscribers} subscribers: {contender.title} ({contender.wire})")
    with (
        tools.run(contender) as running,
        tools.subscribers(running.audience, verify=True) as crowd,
    ):
        crowd.connect(subscribers)
        with tools.publisher(running.publication, rate=rate, seconds=seconds) as publisher:
            sent = publisher.finish().sent
        end = crowd.tell("await", sent, _PATIENCE)
    return Contiguity(
        contender=contender.name,
        subscribers=subscribers,
        sent=sent,
        least=end["least"],
        missing=end["missing"],
        repeats=end["repeats"],
        lost=end["lost"],
    )
