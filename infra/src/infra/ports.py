"""Ports of this machine's loopback: which are free, which may be used."""

import contextlib
import random
import socket
from typing import Final

from infra.errors import NoFreePortError

LOOPBACK: Final = "127.0.0.1"
LOWEST: Final = 1024  # below, the system asks for root rights, which nothing here needs
HIGHEST: Final = 65535

# Below the range from which Linux (32768) and macOS (49152) take the ports of outgoing connections:
# a client that reconnects to a killed server could otherwise be given that very port, connect to
# itself, and keep the server from coming back.
_FREE = range(15000, 32000)
_random = random.SystemRandom()


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
    """``count`` different ports that nothing used a moment ago.

    Raises:
        NoFreePortError: there are fewer.
    """
    with contextlib.ExitStack() as held:
        ports: list[int] = []
        for port in _random.sample(_FREE, len(_FREE)):
            if len(ports) == count:
                break
            probe = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
            with contextlib.suppress(OSError):
                probe.bind((LOOPBACK, port))
                ports.append(port)
    if len(ports) < count:
        raise NoFreePortError(count, _FREE)
    return tuple(ports)


def free_port() -> int:
    """A port that nothing used a moment ago."""
    return free_ports(1)[0]
