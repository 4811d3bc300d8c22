"""Requests that a proxy answers itself, so that it shows who it is."""

import asyncio
from typing import Final

from doctor.probes.dial import connect
from doctor.probes.listener import Listener, hang_up
from doctor.recording import Recording
from doctor.target import Target
from doctor.trust import Trust

# HTTP/1.1 without Host is refused by whoever speaks HTTP first (RFC 9112, section 3.2).
_WITHOUT_HOST: Final = b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n"
# HAProxy passes that one on, but no header without a name.
_WITHOUT_NAME: Final = b"GET / HTTP/1.1\r\nHost: doctor.invalid\r\n: x\r\n\r\n"


async def fingerprint(target: Target, trust: Trust, *, within: float) -> tuple[Recording, ...]:
    """What two requests that are none are told.

    Raises:
        DoctorError: no connection.
    """
    said = (_say(what, target, trust, within=within) for what in (_WITHOUT_HOST, _WITHOUT_NAME))
    return tuple(await asyncio.gather(*said))


async def _say(what: bytes, target: Target, trust: Trust, *, within: float) -> Recording:
    reader, writer = await connect(target, trust)
    try:
        listener = Listener(reader, "GET")
        listener.request(target, {})
        writer.write(what)
        await listener.listen(within)
        return listener.recording()
    finally:
        await hang_up(writer)
