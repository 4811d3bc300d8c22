"""Questions to a server whether it is ready; each gives up after a second.

Sockets and http.client on purpose: no proxy of the environment comes between us and loopback.
"""

import http.client
import socket
import ssl
from collections.abc import Callable, Container
from typing import Final

from infra.errors import NotReadyError

Probe = Callable[[], None]
"""Returns when ready, raises `NotReadyError` with the reason otherwise."""

_TIMEOUT: Final = 1.0  # seconds; loopback answers in milliseconds or not at all


def tcp(host: str, port: int) -> Probe:
    """Ready when ``port`` accepts a connection."""

    def ask() -> None:
        try:
            socket.create_connection((host, port), _TIMEOUT).close()
        except OSError as error:
            raise NotReadyError(_address(host, port), error) from error

    return ask


def http_get(
    host: str, port: int, path: str, *, accept: Container[int] = (200,), tls: bool = False
) -> Probe:
    """Ready when ``GET path`` answers one of the statuses ``accept``, whatever its certificate."""

    def ask() -> None:
        connection = _connection(host, port, tls=tls)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            raise NotReadyError(_address(host, port) + path, error) from error
        finally:
            connection.close()
        if answer.status not in accept:
            raise NotReadyError(_address(host, port) + path, answer.status)

    return ask


def valkey_ping(host: str, port: int, *, tls: bool = False) -> Probe:
    """Ready when PING answers PONG, so not while the append-only file is still being loaded."""

    def ask() -> None:
        try:
            with (
                socket.create_connection((host, port), _TIMEOUT) as plain,
                _anyone().wrap_socket(plain) if tls else plain as connection,
            ):
                connection.sendall(b"PING\r\n")
                answer = connection.recv(200)
        except OSError as error:
            raise NotReadyError(_address(host, port), error) from error
        if answer != b"+PONG\r\n":
            raise NotReadyError(_address(host, port), answer.decode(errors="replace").strip())

    return ask


def every(*probes: Probe) -> Probe:
    """Ready when each of ``probes`` is; asked in their order."""

    def ask() -> None:
        for probe in probes:
            probe()

    return ask


def _connection(host: str, port: int, *, tls: bool) -> http.client.HTTPConnection:
    if not tls:
        return http.client.HTTPConnection(host, port, timeout=_TIMEOUT)
    return http.client.HTTPSConnection(host, port, timeout=_TIMEOUT, context=_anyone())


def _anyone() -> ssl.SSLContext:
    """Takes any certificate: whether a server is there is asked, not who it is."""
    anyone = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anyone.check_hostname = False
    anyone.verify_mode = ssl.CERT_NONE
    return anyone


def _address(host: str, port: int) -> str:
    return f"{host}:{port}"
