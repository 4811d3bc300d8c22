"""The feed's metrics: read from plain counters when they are asked for."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from feed.fanout import Fanout
from realtime.admission import Admission
from realtime.contracts import Rejection
from realtime.departure_metrics import departure_metrics
from realtime.identity.gate import Gate
from realtime.identity.metrics import identity_metrics


class FeedCollector(Collector):
    """Makes the metric families; labels come from closed lists only."""

    def __init__(self, fanout: Fanout, admission: Admission, gate: Gate) -> None:
        self._fanout = fanout
        self._admission = admission
        self._gate = gate

    def collect(self) -> Iterable[Metric]:
        """Every family at its present value."""
        yield from self._gauges()
        yield from self._counters()
        yield from self._compression()
        yield from self._labelled()
        yield from departure_metrics("feed", self._fanout.departures)
        yield from identity_metrics("feed", self._gate)

    def _gauges(self) -> Iterable[Metric]:
        hub, catalogue = self._fanout.hub, self._fanout.catalogue
        lagging = sum(len(c.subscribers) - len(c.live) for c in hub.channels.values())
        for name, text, value in (
            ("feed_connections", "Open streams", self._admission.connections),
            ("feed_subscribers_lagging", "Subscribers behind the head", lagging),
            ("feed_channels", "Distinct filters served", len(hub.channels)),
            ("feed_log_entries", "Entries in the ring", len(hub.log)),
            ("feed_log_bytes", "Encoded bytes in the ring", hub.log.bytes),
            ("feed_sensors", "Sensors known", len(catalogue)),
            ("feed_sensors_stale", "Sensors gone stale", catalogue.stale()),
            ("feed_upstream_up", "Whether the broker answers", self._fanout.relay.upstream_up),
        ):
            yield GaugeMetricFamily(name, text, value=float(value))

    def _counters(self) -> Iterable[Metric]:
        hub, relay, catalogue = self._fanout.hub, self._fanout.relay, self._fanout.catalogue
        for name, text, value in (
            ("feed_readings", "Readings relayed", relay.parts),
            ("feed_deliveries", "Readings handed to subscribers", hub.counts.deliveries),
            ("feed_flushes", "Flushes", hub.counts.flushes),
            ("feed_evicted", "Subscribers ended because they stayed behind", hub.counts.evicted),
            ("feed_holes_filled", "Reads of the stream for a hole", relay.tail.holes_filled),
            ("feed_sensors_refused", "Readings beyond the cap on sensors", catalogue.refused),
        ):
            yield CounterMetricFamily(name, text, value=float(value))

    def _compression(self) -> Iterable[Metric]:
        deflater = self._fanout.deflater
        if deflater is None:
            return
        for name, text, value in (
            ("feed_gzip_chunks", "Chunks compressed, each once for everybody", deflater.compressed),
            ("feed_gzip_in_bytes", "Bytes that were compressed", deflater.bytes_in),
            ("feed_gzip_out_bytes", "Bytes that this gave", deflater.bytes_out),
        ):
            yield CounterMetricFamily(name, text, value=float(value))

    def _labelled(self) -> Iterable[Metric]:
        rejected = CounterMetricFamily(
            "feed_readings_rejected", "Packs that were not valid SenML", labels=["reason"]
        )
        for reason in Rejection:
            rejected.add_metric([reason], self._fanout.relay.rejected[reason])
        yield rejected
        gaps = CounterMetricFamily("feed_gaps", "Losses told", labels=["reason"])
        for told, count in self._fanout.hub.counts.gaps.items():
            gaps.add_metric([told], count)
        yield gaps
        refused = CounterMetricFamily(
            "feed_admission_refused", "Connections turned away", labels=["reason"]
        )
        for cap, count in self._admission.refused.items():
            refused.add_metric([cap], count)
        yield refused


def create_registry(fanout: Fanout, admission: Admission, gate: Gate) -> CollectorRegistry:
    """A registry of this app's own, so that two can live in one process."""
    registry = CollectorRegistry()
    registry.register(FeedCollector(fanout, admission, gate))
    return registry
