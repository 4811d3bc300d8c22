"""Facts about the way to the endpoint: name, connection, TLS. Pure values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """Times in seconds. ``tls`` and ``alpn`` are empty without TLS or without an agreement."""

    addresses: tuple[str, ...]
    resolved_in: float
    connected_in: float
    tls: str = ""
    alpn: str = ""
    handshake_in: float = 0.0
    certificate_days: int | None = None
