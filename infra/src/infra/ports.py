"""Ports of this machine's loopback: which are free, which may be used."""

import contextlib
import os
import random
import socket
import tempfile
from pathlib import Path
from typing import Final

from infra.claims import Claims
from infra.errors import NoFreePortError

LOOPBACK: Final = "127.0.0.1"
LOWEST: Final = 1024  # below, the system asks for root rights, which nothing here needs
HIGHEST: Final = 65535

# Below the range from which Linux (32768) and macOS (49152) take the ports of outgoing connections:
# a client that reconnects to a killed server could otherwise be given that very port, connect to
# itself, and keep the server from coming back.
_FREE = range(15000, 32000)
_random = random.SystemRandom()
_claims = Claims(Path(tempfile.gettempdir(), f"airwave-ports-{os.getuid()}"))


def taken(port: int, host: str = LOOPBACK) -> bool:
    """Whether something listens on ``port``, also where it listens on every address."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as asking:
        asking.settimeout(1)
        if asking.connect_ex((host, port)) == 0:
            return True
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as binding:
        # As servers do: connections in TIME_WAIT after a restart are no reason to refuse.
        binding.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            binding.bind((host, port))
        except OSError:
            return True
    return False


def free_ports(count: int) -> tuple[int, ...]:
    """``count`` different ports that nothing uses, and that no one else is given for a minute.

    No one else who asks here, in whatever process of this user; other programs are free to.

    Raises:
        NoFreePortError: there are fewer.
    """
    ports: list[int] = []
    # Nobody is to find all of them claimed because of what can't be had.
    if count <= len(_FREE):
        begin = _random.randrange(len(_FREE))
        for port in (*_FREE[begin:], *_FREE[:begin]):
            if len(ports) == count:
                break
            if _claims.take(port) and _can_be_bound(port):
                ports.append(port)
    if len(ports) < count:
        raise NoFreePortError(count, _FREE)
    return tuple(ports)


def _can_be_bound(port: int) -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, port))
        return True
    return False


def free_port() -> int:
    """A port as `free_ports` gives them."""
    return free_ports(1)[0]
