"""What is to be examined, and how far it may go."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from doctor.knobs import Proxy
from doctor.target import Target
from doctor.trust import Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """``idle`` and ``age`` are how long is waited for a cut and for an end; the longer counts.

    ``patience`` is how long an answer, a first event or a close may take. ``connections`` are
    opened at once. ``frames`` allows one frame of 1 MiB to an endpoint that is not Airwave's.
    """

    target: Target
    trust: Trust = field(default_factory=Trust)
    headers: Mapping[str, str] = field(default_factory=dict)
    subprotocols: tuple[str, ...] = ()
    proxies: tuple[Proxy, ...] = ()
    idle: timedelta = timedelta(seconds=70)
    age: timedelta = timedelta(0)
    patience: timedelta = timedelta(seconds=10)
    connections: int = 7
    frames: bool = False

    @property
    def watch_s(self) -> float:
        """Seconds for which a stream is listened to."""
        return max(self.idle, self.age).total_seconds()

    @property
    def patience_s(self) -> float:
        """`patience` in seconds."""
        return self.patience.total_seconds()
