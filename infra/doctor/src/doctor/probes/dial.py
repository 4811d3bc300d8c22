"""The way to the endpoint: DNS, TCP, TLS."""

import asyncio
import socket
import ssl
import time
from typing import Final

from doctor.errors import ConnectError, NameUnknownError, TlsError
from doctor.line import Line
from doctor.target import Target
from doctor.trust import Trust

PATIENCE: Final = 10.0
"""Seconds that a connection may take to come about."""
_DAY: Final = 86_400


async def connect(
    target: Target, trust: Trust, *alpn: str
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a connection.

    Raises:
        ConnectError: refused, unreachable, or not within `PATIENCE`.
        TlsError: TLS failed.
    """
    context = trust.context(*(alpn or ("http/1.1",))) if target.tls else None
    try:
        return await asyncio.wait_for(
            asyncio.open_connection(target.host, target.port, ssl=context), PATIENCE
        )
    except ssl.SSLError as error:
        why = getattr(error, "verify_message", "") or error.reason or str(error)
        raise TlsError(target.host, target.port, why) from error
    except TimeoutError as error:
        cause = "a firewall that drops" + (", or a port without TLS" if target.tls else "")
        why = f"no answer within {PATIENCE:.0f} s ({cause}?)"
        raise ConnectError(target.host, target.port, why) from error
    except ConnectionRefusedError as error:
        why = "refused: nothing listens there"
        raise ConnectError(target.host, target.port, why) from error
    except OSError as error:
        raise ConnectError(target.host, target.port, error.strerror or str(error)) from error


async def dial(target: Target, trust: Trust) -> Line:
    """Resolve, connect and shake hands once, and close again.

    Raises:
        DoctorError: one of these failed.
    """
    began = time.monotonic()
    addresses = await _resolve(target)
    resolved = time.monotonic()
    reader_writer = await connect(target, trust, "h2", "http/1.1")
    connected = time.monotonic()
    writer = reader_writer[1]
    secured: ssl.SSLObject | None = writer.get_extra_info("ssl_object")
    line = Line(
        addresses=addresses,
        resolved_in=resolved - began,
        connected_in=connected - resolved,
        tls=(secured.version() or "") if secured else "",
        alpn=(secured.selected_alpn_protocol() or "") if secured else "",
        certificate_days=_days_left(secured) if secured else None,
    )
    writer.close()
    return line


async def _resolve(target: Target) -> tuple[str, ...]:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise NameUnknownError(target.host, why) from error
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


def _days_left(secured: ssl.SSLObject) -> int | None:
    """None where the certificate was not checked, and so not read."""
    until = (secured.getpeercert() or {}).get("notAfter")
    if not isinstance(until, str):
        return None
    return int((ssl.cert_time_to_seconds(until) - time.time()) // _DAY)
