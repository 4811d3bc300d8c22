"""Whether anybody is where the load is to go."""

import socket
from typing import Final
from urllib.parse import urlsplit

_PORTS: Final = {"http": 80, "https": 443}
_SECONDS: Final = 5.0


def try_to_reach(host: str) -> None:
    """Open a connection to ``host``, a URL, and close it.

    Raises:
        OSError: nothing answers there, or its name is not known.
    """
    url = urlsplit(host)
    port = url.port or _PORTS.get(url.scheme, 80)
    socket.create_connection((url.hostname or "", port), _SECONDS).close()
