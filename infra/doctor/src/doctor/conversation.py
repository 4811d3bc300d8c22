"""What one WebSocket connection got, and when. Pure values."""

from dataclasses import dataclass

from doctor.recording import End, Head


@dataclass(frozen=True, slots=True)
class Said:
    """A frame of the server: ``kind`` is text, binary, ping, pong or close; the text is cut."""

    at: float
    kind: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Conversation:
    """Times are seconds since the handshake was sent.

    ``code`` is the close frame's, None where none came. ``sent_bytes`` is the size of the large
    frame that was tried. ``answered_in`` is how long the pong to our ping took, None without one.
    """

    head: Head | None
    upgraded: bool
    why_not: str
    subprotocol: str
    extensions: str
    said: tuple[Said, ...]
    end: End
    lasted: float
    code: int | None = None
    reason: str = ""
    pinged: bool = False
    answered_in: float | None = None
    sent_bytes: int = 0
    quiet_before_ping: float = 0.0

    @property
    def last_at(self) -> float:
        """When the server said something last."""
        return self.said[-1].at if self.said else 0.0

    @property
    def pings(self) -> int:
        """How often the server pinged."""
        return sum(1 for frame in self.said if frame.kind == "ping")

    @property
    def refused(self) -> bool:
        """Whether the server turned the client away: by status, or by closing at once."""
        return not self.upgraded or self.code is not None
