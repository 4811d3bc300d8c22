"""A contender while it runs: how one subscribes to it, publishes to it, and who it is."""

from dataclasses import dataclass

from bench import proc
from bench.slots import Slot, find_slots


@dataclass(frozen=True, kw_only=True)
class Audience:
    """How one subscribes: the request, the frame after a handshake, the text that says it stands.

    ``marker`` is the byte of which there is one to a delivery, ``stamp`` what an intended time
    follows.
    """

    port: int
    request: bytes
    ready: str
    websocket: bool = False
    join: bytes | None = None
    marker: str = "@"
    stamp: str = "@"


@dataclass(frozen=True, kw_only=True)
class Publication:
    """How one publishes: what goes first on a connection, and each message with its slots."""

    port: int
    message: bytes
    preamble: bytes = b""
    answer: str = ""
    keys: int = 1

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Where the publisher fills in time and sequence."""
        return find_slots(self.message)


@dataclass(frozen=True, kw_only=True)
class Running:
    """A contender that is ready; ``leader`` is the first process of the server's session."""

    leader: int
    audience: Audience
    publication: Publication
    admin_port: int | None = None

    def cpu(self) -> proc.CpuTime:
        """Processor time of the server so far: what is its own, not its broker's."""
        return proc.cpu_time(self.leader)

    def resident_bytes(self) -> int:
        """Its resident memory."""
        return proc.resident_bytes(self.leader)
