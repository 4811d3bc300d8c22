"""A request that a proxy answers itself, so that it shows who it is."""

import asyncio
from typing import Final

from doctor.probes.dial import connect
from doctor.probes.listener import Listener, hang_up
from doctor.recording import Recording
from doctor.target import Target
from doctor.trust import Trust

# HTTP/1.1 without Host is refused by whoever speaks HTTP first (RFC 9112, section 3.2).
_WITHOUT_HOST: Final = b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n"


async def fingerprint(target: Target, trust: Trust, *, within: float) -> Recording:
    """What a request without ``Host`` is told.

    Raises:
        DoctorError: no connection.
    """
    reader, writer = await connect(target, trust)
    try:
        listener = Listener(reader, "GET")
        listener.request(target, {})
        writer.write(_WITHOUT_HOST)
        await asyncio.sleep(0)
        await listener.listen(within)
        return listener.recording()
    finally:
        await hang_up(writer)
