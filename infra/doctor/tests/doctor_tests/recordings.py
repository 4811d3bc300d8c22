"""Recordings as an endpoint might have given them, with one thing different."""

from typing import Any

from doctor.events import Event
from doctor.line import Line
from doctor.observations import StreamObserved
from doctor.recording import End, Head, Piece, Recording

HEAD = Head(
    "1.1",
    200,
    (
        ("content-type", "text/event-stream; charset=utf-8"),
        ("cache-control", "no-store, no-transform"),
        ("x-accel-buffering", "no"),
        ("transfer-encoding", "chunked"),
    ),
)


def recording(
    *at: float, lasted: float = 10, end: End = End.OURS, head: Head | None = HEAD, **facts: Any
) -> Recording:
    """A stream with a piece, and an event in it, at each of the times ``at``."""
    values = {
        "head_at": None if head is None else 0.0,
        "pieces": tuple(Piece(moment, 20) for moment in at),
        "events": tuple(Event(moment, "message", "x", str(moment)) for moment in at),
        "retry_ms": 2_000,
        "comments": 0,
        **facts,
    }
    return Recording(head=head, lasted=lasted, end=end, **values)


def observed(**facts: Any) -> StreamObserved:
    """A stream that nothing is wrong with, but for ``facts``."""
    fine = recording(0.1)
    values: dict[str, Any] = {
        "line": Line(("192.0.2.1",), 0.01, 0.02, tls="TLSv1.3", alpn="h2", certificate_days=60),
        "local": False,
        "tls": True,
        "patience": 10.0,
        "airwave": False,
        "proxies": (),
        "head_only": recording(lasted=0.1, end=End.FINISHED),
        "opening": fine,
        "squeezed": fine,
        "foreign": fine,
        "null": fine,
        **facts,
    }
    return StreamObserved(**values)
