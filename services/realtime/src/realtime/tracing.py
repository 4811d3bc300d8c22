"""The port to tracing: what a span is to us, and which headers carry it. Imports no library.

Off unless a collector is named (`realtime.spans` is the adapter, imported only then). What is
traced are readings and posts on their way, a share of them; streams and WebSockets, which last for
days, are no spans.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import MappingProxyType
from typing import Final, NamedTuple, Protocol, TypeAlias

TRACEPARENT: Final = "traceparent"
"""W3C Trace Context: the header that names a trace and the span that a message comes from."""
NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})
AT_ONCE: Final = 16
"""Traced entries of one flush: a device may claim to be traced as often as it likes."""

Facts: TypeAlias = Mapping[str, str | int]
"""What is known of a span, by the names of OpenTelemetry's conventions."""


class Span(Protocol):
    """A piece of work that is under way. ``headers`` let others go on with it."""

    @property
    def trace(self) -> str:
        """The trace that it is part of: 32 hex digits."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """What a message carries so that others' spans become part of the trace."""
        ...

    def end(self, *, failed: str | None = None) -> None:
        """Note that it is done, or which error ended it."""


class Tracer(Protocol):
    """Takes spans; returns at once and raises nothing, whatever becomes of them."""

    def begin(self, name: str, facts: Facts) -> Span | None:
        """Begin a trace; None where this one is not among the share that is traced."""
        ...

    def record(self, name: str, *, parent: str, began: float, facts: Facts) -> str | None:
        """Note work that ends now, part of what a ``traceparent`` names; gives its trace.

        ``began`` is in Unix seconds. None where the header is none, or says that nobody records.
        """
        ...


_UNTRACED: Final[AbstractContextManager[None]] = nullcontext()


def traced(tracer: Tracer | None, name: str, facts: Facts) -> AbstractContextManager[Span | None]:
    """A trace that begins and ends with a block, if it is to be one."""
    span = None if tracer is None else tracer.begin(name, facts)
    return _UNTRACED if span is None else _ending(span)


@contextmanager
def _ending(span: Span) -> Iterator[Span]:
    try:
        yield span
    except BaseException as error:
        span.end(failed=type(error).__name__)
        raise
    span.end()


class _Traced(NamedTuple):
    parent: str
    came: float
    facts: Facts


class TracedFlush:
    """The traced entries that the next flush writes; each becomes a span ``name`` of its trace."""

    def __init__(self, tracer: Tracer, name: str) -> None:
        self._tracer = tracer
        self._name = name
        self._waiting: list[_Traced] = []

    def took(self, parent: str, facts: Facts) -> None:
        """Note an entry with the ``traceparent`` that it came with."""
        if len(self._waiting) < AT_ONCE:
            self._waiting.append(_Traced(parent, time.time(), facts))

    def written(self) -> str | None:
        """Note that all are written; gives the trace of one of them."""
        if not self._waiting:
            return None
        waiting, self._waiting = self._waiting, []
        found = None
        for parent, came, facts in waiting:
            trace = self._tracer.record(self._name, parent=parent, began=came, facts=facts)
            found = trace or found
        return found
