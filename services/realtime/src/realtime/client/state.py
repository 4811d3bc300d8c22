"""How a client stands with its server."""

from enum import StrEnum


class State(StrEnum):
    """A closed list, the same for both clients."""

    CONNECTING = "connecting"
    """The first attempt, or another one before anything was held."""
    LIVE = "live"
    RESUMING = "resuming"
    """An attempt that will go on where the client was."""
    STALE = "stale"
    """Connected at best by name: silence for too long, or the server's own source is down."""
    OFFLINE = "offline"
    """Waiting for the next attempt, or ended."""
