"""Tracing by OpenTelemetry: the only module that imports it, and imported only where it is on."""

import random
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import Span as TheirSpan
from opentelemetry.trace import (
    SpanKind,
    Status,
    StatusCode,
    format_trace_id,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from realtime.tracing import TRACEPARENT, Facts

EXPORT_SECONDS = 2
"""How long the collector may take; what it doesn't take is dropped."""
_NANO = 1_000_000_000
_propagator = TraceContextTextMapPropagator()


class _Span:
    def __init__(self, span: TheirSpan) -> None:
        self._span = span
        headers: dict[str, str] = {}
        _propagator.inject(headers, context=set_span_in_context(span))
        self.headers: Mapping[str, str] = headers
        self.trace = format_trace_id(span.get_span_context().trace_id)

    def end(self, *, failed: str | None = None) -> None:
        """Note that it is done, or which error ended it."""
        if failed is not None:
            self._span.set_status(Status(StatusCode.ERROR, failed))
        self._span.end()


class OtelTracer:
    """Gives a ``share`` of what begins here, and all that others have begun to trace, away."""

    def __init__(self, provider: TracerProvider, *, share: float) -> None:
        self._tracer = provider.get_tracer("airwave")
        self._share = share

    def begin(self, name: str, facts: Facts) -> _Span | None:
        """Begin a trace; None where this one is not among the share that is traced."""
        # Decided before anything is made: of a hundred readings ninety-nine cost one number.
        if random.random() >= self._share:  # noqa: S311 - a sample
            return None
        return _Span(self._tracer.start_span(name, kind=SpanKind.PRODUCER, attributes=dict(facts)))

    def record(self, name: str, *, parent: str, began: float, facts: Facts) -> str | None:
        """Note work that ends now, part of what a ``traceparent`` names; gives its trace."""
        context = _propagator.extract({TRACEPARENT: parent})
        came_from = get_current_span(context).get_span_context()
        if not (came_from.is_valid and came_from.trace_flags.sampled):
            return None
        span = self._tracer.start_span(
            name,
            context=context,
            kind=SpanKind.CONSUMER,
            attributes=dict(facts),
            start_time=int(began * _NANO),
        )
        span.end(end_time=int(time.time() * _NANO))
        return format_trace_id(came_from.trace_id)


@contextmanager
def exported(exporter: SpanExporter, *, service: str, share: float) -> Iterator[OtelTracer]:
    """Hand spans to ``exporter`` in batches by a thread; the last ones when the context ends."""
    provider = TracerProvider(
        # Whatever OTEL_TRACES_SAMPLER says: the share is decided before a span is made.
        sampler=ALWAYS_ON,
        resource=Resource({SERVICE_NAME: service}),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(BatchSpanProcessor(exporter))
    try:
        yield OtelTracer(provider, share=share)
    finally:
        provider.shutdown()


@contextmanager
def collected(url: str, *, service: str, share: float) -> Iterator[OtelTracer]:
    """Send spans by OTLP (HTTP, protobuf) to the collector at ``url``."""
    # It takes over a second to import, with the HTTP client that it brings.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
        OTLPSpanExporter,
    )

    exporter = OTLPSpanExporter(endpoint=url, timeout=EXPORT_SECONDS)
    with exported(exporter, service=service, share=share) as tracer:
        yield tracer
