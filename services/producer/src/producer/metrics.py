"""What the producer counts. Labels come from closed lists: sources and reasons, never sensors."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from producer.sources.rows import RowFault
from realtime.buckets import DELAY_SECONDS
from realtime.contracts import Rejection
from realtime.process_metrics import process_metrics


class Metrics:
    """The producer's collectors in one registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        process_metrics(registry)
        self.published = Counter(
            "producer_readings_published",
            "Readings that the broker acknowledged",
            ["source"],
            registry=registry,
        )
        self.ack = Histogram(
            "producer_ack_seconds",
            "From sending a reading to the broker's acknowledgement, of attempts that had one",
            buckets=DELAY_SECONDS,
            registry=registry,
        )
        self.refused = Counter(
            "producer_readings_refused",
            "Readings given up because the broker refused them for good",
            registry=registry,
        )
        self.retries = Counter(
            "producer_publish_retries", "Attempts after the first", registry=registry
        )
        self.uncertain = Counter(
            "producer_publish_uncertain",
            "Attempts that may have stored a reading twice: an earlier attempt's fate is unknown, "
            "older than the broker's duplicate window, and could not be looked up",
            registry=registry,
        )
        self.dropped = Counter(
            "producer_spool_dropped", "Readings dropped from a full spool", registry=registry
        )
        self.rejected = Counter(
            "producer_rows_rejected",
            "Lines of replayed files that hold no reading",
            ["reason"],
            registry=registry,
        )
        for reason in (*RowFault, *Rejection):
            # Shown from the start: what appears with its first count shows no increase.
            self.rejected.labels(reason)

    def watch(self, *, spool: Callable[[], int], in_flight: Callable[[], int]) -> None:
        """Ask for these two whenever the metrics are read."""
        Gauge(
            "producer_spool_readings", "Readings that wait to be sent", registry=self._registry
        ).set_function(spool)
        Gauge(
            "producer_in_flight", "Readings sent and not acknowledged", registry=self._registry
        ).set_function(in_flight)
