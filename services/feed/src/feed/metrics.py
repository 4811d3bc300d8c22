"""The feed's metrics: read from plain counters when they are asked for."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from feed.fanout import Fanout
from realtime.admission import Admission, Refusal
from realtime.budget_metrics import budget_metrics
from realtime.budgets import Budgets
from realtime.contracts import Rejection
from realtime.departure_metrics import departure_metrics
from realtime.framing import GapReason
from realtime.identity.gate import Gate
from realtime.identity.metrics import identity_metrics
from realtime.process_metrics import process_metrics
from realtime.relay_metrics import histogram, relay_metrics
from realtime.shedding import Shedding
from realtime.shedding_metrics import shedding_metrics


class FeedCollector(Collector):
    """Makes the metric families; labels come from closed lists only."""

    def __init__(
        self,
        fanout: Fanout,
        admission: Admission,
        gate: Gate,
        shedding: Shedding,
        budgets: Budgets,
    ) -> None:
        self._budgets = budgets
        self._fanout = fanout
        self._admission = admission
        self._gate = gate
        self._shedding = shedding

    def collect(self) -> Iterable[Metric]:
        """Every family at its present value."""
        yield from self._gauges()
        yield from self._counters()
        yield from self._compression()
        yield from self._transports()
        yield from self._labelled()
        yield from self._histograms()
        yield from departure_metrics("feed", self._fanout.departures)
        yield from shedding_metrics("feed", self._shedding)
        yield from budget_metrics("feed", self._budgets)
        yield from identity_metrics("feed", self._gate)

    def _histograms(self) -> Iterable[Metric]:
        relay = self._fanout.relay
        yield from relay_metrics("feed", relay, self._fanout.hub, self._budgets.loop_lag)
        yield histogram("feed_flush_readings", "Readings of each flush", relay.freshness.size)

    def _gauges(self) -> Iterable[Metric]:
        hub, catalogue = self._fanout.hub, self._fanout.catalogue
        live = sum(len(channel.live) for channel in hub.channels.values())
        for name, text, value in (
            ("feed_connections", "Open streams", self._admission.connections),
            ("feed_connections_limit", "Streams at most", self._admission.connections_limit),
            ("feed_subscribers_live", "Subscribers at the head", live),
            ("feed_subscribers_lagging", "Subscribers behind the head", hub.subscribers - live),
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

    def _transports(self) -> Iterable[Metric]:
        """What ``GET /costs`` tells, for who watches all replicas."""
        told = self._fanout.costs.tell(self._fanout.connections, self._fanout.deflater)
        labels = ["transport"]
        open_ = GaugeMetricFamily("feed_transport_connections", "Open streams", labels=labels)
        cpu = CounterMetricFamily(
            "feed_transport_cpu_seconds", "Processor time that it is charged with", labels=labels
        )
        for transport, cost in told.transports.items():
            open_.add_metric([transport], float(cost.connections))
            cpu.add_metric([transport], cost.cpu_seconds)
        yield from (open_, cpu)

    def _labelled(self) -> Iterable[Metric]:
        rejected = CounterMetricFamily(
            "feed_readings_rejected", "Packs that were not valid SenML", labels=["reason"]
        )
        for reason in Rejection:
            rejected.add_metric([reason], self._fanout.relay.rejected[reason])
        yield rejected
        gaps = CounterMetricFamily("feed_gaps", "Losses told", labels=["reason"])
        for told in GapReason:
            gaps.add_metric([told], self._fanout.hub.counts.gaps[told])
        yield gaps
        queries = CounterMetricFamily(
            "feed_queries_refused", "Queries that could not be taken", labels=["parameter"]
        )
        for parameter, count in self._fanout.bad_queries.counts():
            queries.add_metric([parameter], count)
        yield queries
        refused = CounterMetricFamily(
            "feed_admission_refused", "Connections turned away", labels=["reason"]
        )
        for cap in Refusal:
            refused.add_metric([cap], self._admission.refused[cap])
        yield refused


def create_registry(
    fanout: Fanout, admission: Admission, gate: Gate, shedding: Shedding, budgets: Budgets
) -> CollectorRegistry:
    """A registry of this app's own, so that two can live in one process."""
    registry = CollectorRegistry()
    registry.register(FeedCollector(fanout, admission, gate, shedding, budgets))
    process_metrics(registry)
    return registry
