"""What our own services say of themselves on their admin ports."""

import http.client

from infra.ports import LOOPBACK


def metric(port: int | None, name: str) -> float:
    """The value of a metric without labels.

    Raises:
        LookupError: there is none of that name.
    """
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=10)
    try:
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
    finally:
        connection.close()
    for line in text.splitlines():
        if line.startswith(f"{name} "):
            return float(line.removeprefix(name))
    raise LookupError(name)
