"""What an edge stands in front of, whichever proxy it is."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Site:
    """Addresses are ``host:port``; several of a service are its replicas."""

    listen: str
    feed: tuple[str, ...]
    chat: tuple[str, ...]
    dashboard: Path
