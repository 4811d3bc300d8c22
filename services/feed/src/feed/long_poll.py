"""``Prefer: wait`` on the polled route: answered when there is something newer (RFC 7240, 4.3)."""

import asyncio
import re
from datetime import timedelta
from typing import Final

from starlette.datastructures import Headers

from feed.fanout import Fanout

_WAIT: Final = re.compile(r"(?:^|[,;\s])wait=([0-9]{1,5})(?=$|[,;\s])", re.IGNORECASE)


def parse_wait(headers: Headers, *, longest: timedelta) -> timedelta:
    """For how long a client would wait for something newer, as far as we let it; 0: not at all."""
    asked = _WAIT.search(headers.get("prefer", ""))
    return min(timedelta(seconds=int(asked[1])), longest) if asked else timedelta(0)


class LongPoll:
    """One request that waits; a connection as good as any, that a drain sends home."""

    def __init__(self, fanout: Fanout) -> None:
        self._fanout = fanout
        self._over = asyncio.Event()

    def leave(self, reconnect_in: timedelta) -> None:  # noqa: ARG002 - polling has no word for it
        """Answer now."""
        self._over.set()

    async def wait_newer(self, *, within: timedelta) -> None:
        """Wait until the feed has more than now, has to leave, or it is time."""
        hub, departures = self._fanout.hub, self._fanout.departures
        departures.add(self)
        ends = [
            asyncio.ensure_future(one) for one in (hub.reached(hub.flushed + 1), self._over.wait())
        ]
        try:
            await asyncio.wait(
                ends, timeout=within.total_seconds(), return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            for end in ends:
                end.cancel()
            departures.discard(self)
