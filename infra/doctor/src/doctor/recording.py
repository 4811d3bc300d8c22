"""What one HTTP request got, and when: all that judging needs. Pure values."""

import json
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any

from doctor.events import Event


class End(StrEnum):
    """How a connection ended."""

    OURS = "we closed it"
    FINISHED = "finished properly"
    CLOSED = "closed; by this framing that may be its end or a cut"
    CUT = "cut: closed in the middle of the answer"
    RESET = "reset"


@dataclass(frozen=True, slots=True)
class Head:
    """Status line and headers; names in lower case, in the order they came."""

    version: str
    status: int
    headers: tuple[tuple[str, str], ...]

    def all(self, name: str) -> list[str]:
        """Every value of a header."""
        return [value for key, value in self.headers if key == name]

    def get(self, name: str) -> str:
        """All values of a header as one, empty where there is none."""
        return ", ".join(self.all(name))


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of the body as they came from the wire."""

    at: float
    size: int


@dataclass(frozen=True, slots=True)
class Recording:
    """Times are seconds since the request was sent; ``lasted`` is until the end or our leaving.

    ``body`` is the decoded beginning of the body, for what is no stream.
    """

    head: Head | None
    head_at: float | None
    pieces: tuple[Piece, ...]
    events: tuple[Event, ...]
    retry_ms: int | None
    comments: int
    end: End
    lasted: float
    body: bytes = b""

    @property
    def last_at(self) -> float:
        """When something came last: a piece, else the head, else the request."""
        return self.pieces[-1].at if self.pieces else (self.head_at or 0.0)

    @property
    def silence(self) -> float:
        """How long it was silent at the end."""
        return self.lasted - self.last_at

    @property
    def longest_survived(self) -> float:
        """The longest silence after which something came."""
        times = [self.head_at or 0.0, *(piece.at for piece in self.pieces)]
        return max((later - earlier for earlier, later in pairwise(times)), default=0.0)

    @property
    def is_event_stream(self) -> bool:
        """Whether a browser would take it for one: status 200 and the right type."""
        head = self.head
        return head is not None and head.status == 200 and media_type(head) == "text/event-stream"  # noqa: PLR2004 - HTTP


def media_type(head: Head) -> str:
    """``Content-Type`` without its parameters."""
    return head.get("content-type").partition(";")[0].strip().lower()


def json_object(text: str) -> dict[str, Any]:
    """The JSON object in ``text``; an empty one where it is anything else."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
