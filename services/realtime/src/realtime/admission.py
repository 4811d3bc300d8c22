"""Who gets a connection: caps that refuse newcomers clearly and never evict anybody."""

import ipaddress
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from realtime.errors import AirwaveError
from realtime.rate import TokenBucket


class Refusal(StrEnum):
    """Why a newcomer was turned away: a closed list, a metric's label and a word on the wire."""

    STARTING = "starting"
    DRAINING = "draining"
    FULL = "full"
    PER_IP = "per_ip"
    CHANNELS = "channels"
    RATE = "rate"


class RefusedError(AirwaveError):
    """No place for this connection now; ``limit`` is the cap that was met, if one was."""

    retryable = True

    def __init__(self, reason: Refusal, limit: int | None = None) -> None:
        self.reason = reason
        self.limit = limit
        self.code = reason.value
        super().__init__(f"{reason}" if limit is None else f"{reason}: {limit} at most")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """How many connections; ``limit_loopback`` applies the cap per address to loopback too.

    ``per_second`` with ``burst``: how many are admitted in a time. What a connection costs before
    its first byte is paid by those that are open, so a storm is spread and not swallowed.
    """

    connections: int
    per_ip: int
    limit_loopback: bool
    per_second: float
    burst: int


class Admission:
    """Counts the connections of this replica."""

    def __init__(self, caps: Caps, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._caps = caps
        self._bucket = TokenBucket(per_second=caps.per_second, burst=caps.burst, clock=clock)
        self._by_ip: Counter[str] = Counter()
        self.connections = 0
        self.refused: Counter[str] = Counter()

    def enter(self, ip: str) -> "Slot":
        """Take a place for a connection from ``ip``; give it back with `Slot.leave`.

        Raises:
            RefusedError: names the cap.
        """
        if self.connections >= self._caps.connections:
            raise self.refuse(Refusal.FULL, self._caps.connections)
        limited = self._is_limited(ip)
        if limited and self._by_ip[ip] >= self._caps.per_ip:
            raise self.refuse(Refusal.PER_IP, self._caps.per_ip)
        if self._bucket.take():
            raise self.refuse(Refusal.RATE)
        self.connections += 1
        self._by_ip[ip] += 1
        return Slot(self, ip, limited=limited)

    def refuse(self, reason: Refusal, limit: int | None = None) -> RefusedError:
        """Count a refusal and make its error."""
        self.refused[reason] += 1
        return RefusedError(reason, limit)

    def leave(self, ip: str) -> None:
        """Give a place back."""
        self.connections -= 1
        self._by_ip[ip] -= 1
        if not self._by_ip[ip]:
            del self._by_ip[ip]

    def _is_limited(self, ip: str) -> bool:
        if self._caps.limit_loopback:
            return True
        try:
            return not ipaddress.ip_address(ip).is_loopback
        except ValueError:
            return True


class Slot:
    """One taken place; leaving twice is leaving once.

    ``limited`` says whether limits per client hold: loopback is exempt unless it is set otherwise,
    so that load tests on one machine measure the service and not its limits.
    """

    __slots__ = ("_admission", "_ip", "_taken", "limited")

    def __init__(self, admission: Admission, ip: str, *, limited: bool) -> None:
        self._admission = admission
        self._ip = ip
        self._taken = True
        self.limited = limited

    def leave(self) -> None:
        """Give the place back."""
        if self._taken:
            self._taken = False
            self._admission.leave(self._ip)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()
