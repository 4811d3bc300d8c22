"""Who gets a connection: caps that refuse newcomers clearly and never evict anybody."""

import ipaddress
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final, Self

from realtime.errors import AirwaveError
from realtime.rate import TokenBucket


class Refusal(StrEnum):
    """Why a newcomer was turned away: a closed list, a metric's label and a word on the wire."""

    STARTING = "starting"
    DRAINING = "draining"
    FULL = "full"
    PER_IP = "per_ip"
    PER_USER = "per_user"
    IDENTITY = "identity"
    """Nobody can be told apart right now: keys or tickets are out of reach."""
    CHANNELS = "channels"
    RATE = "rate"
    DESCRIPTORS = "descriptors"
    MEMORY = "memory"
    LATE = "late"
    """The event loop has more to do than it can."""


ELSEWHERE: Final = frozenset(
    {
        Refusal.STARTING,
        Refusal.DRAINING,
        Refusal.FULL,
        Refusal.DESCRIPTORS,
        Refusal.MEMORY,
        Refusal.LATE,
    }
)
"""Refusals that another replica may not have."""


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
    ``per_user`` is for those whom a token names.
    """

    connections: int
    per_ip: int
    per_user: int = 10
    limit_loopback: bool
    per_second: float
    burst: int


class Admission:
    """Counts the connections of this replica.

    ``closed`` says why this replica is there for nobody, and ``budget`` what else is used up, if
    something is.
    """

    def __init__(
        self,
        caps: Caps,
        *,
        closed: Callable[[], Refusal | None] = lambda: None,
        budget: Callable[[], Refusal | None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._caps = caps
        self._closed = closed
        self._budget = budget
        self._bucket = TokenBucket(per_second=caps.per_second, burst=caps.burst, clock=clock)
        self._by_ip: Counter[str] = Counter()
        self._by_user: Counter[str] = Counter()
        self.connections = 0
        self.refused: Counter[str] = Counter()

    @property
    def connections_limit(self) -> int:
        """How many there may be at once."""
        return self._caps.connections

    def enter(self, ip: str) -> "Slot":
        """Take a place for a connection from ``ip``; give it back with `Slot.leave`.

        Raises:
            RefusedError: names the cap.
        """
        if (reason := self.obstacle()) is not None:
            raise self.refuse(reason, self._caps.connections if reason is Refusal.FULL else None)
        limited = self._is_limited(ip)
        if limited and self._by_ip[ip] >= self._caps.per_ip:
            raise self.refuse(Refusal.PER_IP, self._caps.per_ip)
        if self._bucket.take():
            raise self.refuse(Refusal.RATE)
        self.connections += 1
        self._by_ip[ip] += 1
        return Slot(self, ip, limited=limited)

    def obstacle(self) -> Refusal | None:
        """Why nobody gets a place here now, whoever it is."""
        if (reason := self._closed()) is not None:
            return reason
        if self.connections >= self._caps.connections:
            return Refusal.FULL
        return self._budget()

    def refuse(self, reason: Refusal, limit: int | None = None) -> RefusedError:
        """Count a refusal and make its error."""
        self.refused[reason] += 1
        return RefusedError(reason, limit)

    def claim(self, user: str) -> None:
        """Count one of the places taken for ``user`` too.

        Raises:
            RefusedError: the user has as many as there may be.
        """
        if self._by_user[user] >= self._caps.per_user:
            raise self.refuse(Refusal.PER_USER, self._caps.per_user)
        self._by_user[user] += 1

    def leave(self, ip: str, user: str = "") -> None:
        """Give a place back."""
        self.connections -= 1
        _take_one(self._by_ip, ip)
        if user:
            _take_one(self._by_user, user)

    def _is_limited(self, ip: str) -> bool:
        return self._caps.limit_loopback or not _is_loopback(ip)


@lru_cache(maxsize=4_096)
def _is_loopback(ip: str) -> bool:
    """Remembered, for a storm comes from the same addresses; what is no address is not."""
    try:
        return ipaddress.ip_address(ip).is_loopback
    except ValueError:
        return False


def _take_one(counter: Counter[str], key: str) -> None:
    counter[key] -= 1
    if not counter[key]:
        del counter[key]


class Slot:
    """One taken place; leaving twice is leaving once.

    ``limited`` says whether limits per client hold: loopback is exempt unless it is set otherwise,
    so that load tests on one machine measure the service and not its limits.
    """

    __slots__ = ("_admission", "_ip", "_taken", "_user", "limited")

    def __init__(self, admission: Admission, ip: str, *, limited: bool) -> None:
        self._admission = admission
        self._ip = ip
        self._user = ""
        self._taken = True
        self.limited = limited

    def claim(self, user: str) -> None:
        """Say whose place it is; a guest's ("") is nobody's, and has no cap of this kind.

        Raises:
            RefusedError: the user has as many as there may be.
        """
        if user:
            self._admission.claim(user)
            self._user = user

    def refuse(self, reason: Refusal) -> None:
        """Count that its connection was turned away all the same; the place is still taken."""
        self._admission.refuse(reason)

    def leave(self) -> None:
        """Give the place back."""
        if self._taken:
            self._taken = False
            self._admission.leave(self._ip, self._user)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()
