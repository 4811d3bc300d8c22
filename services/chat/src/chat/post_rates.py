"""How often each user may post on this replica, whatever connections they have."""

import time
from collections.abc import Callable
from typing import Final

from realtime.rate import TokenBucket

REMEMBERED: Final = 10_000
"""Users whose buckets aren't full; as many as a replica has connections by default."""


class PostRates:
    """A bucket for each user who posted lately.

    All connections of a user take from one. A full bucket is as good as a new one, so it is
    forgotten, and no other before: coming back brings no second burst. Only beyond `REMEMBERED`
    those are forgotten who have been quiet for longest.
    """

    def __init__(
        self, *, per_second: float, burst: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_second = per_second
        self._burst = burst
        self._clock = clock
        # By who posted last: nobody is full long before those who went quiet earlier.
        self._buckets: dict[str, TokenBucket] = {}

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, user: str) -> float:
        """Take a post of ``user`` if there is one; otherwise in how many seconds there will be."""
        self._forget_full()
        bucket = self._buckets.pop(user, None) or self._new()
        self._buckets[user] = bucket
        if len(self._buckets) > REMEMBERED:
            del self._buckets[next(iter(self._buckets))]
        return bucket.take()

    def _new(self) -> TokenBucket:
        return TokenBucket(per_second=self._per_second, burst=self._burst, clock=self._clock)

    def _forget_full(self) -> None:
        while self._buckets:
            quietest = next(iter(self._buckets))
            if not self._buckets[quietest].full:
                return
            del self._buckets[quietest]
