"""What a relay, its hub and its loop tell, as metrics that feed and chat share."""

from collections.abc import Iterable

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.samples import Exemplar as Shown

from realtime.buckets import Buckets
from realtime.fanout import Hub
from realtime.loop_lag import LoopLag
from realtime.relay import StreamRelay


def relay_metrics(prefix: str, relay: StreamRelay, hub: Hub, lag: LoopLag) -> Iterable[Metric]:
    """Every family at its present value; ``prefix`` is the service's."""
    yield histogram(
        f"{prefix}_delivery_delay_seconds",
        "From the broker's storing to our writing, of the oldest entry of each flush",
        relay.freshness.delay,
    )
    yield histogram(
        f"{prefix}_event_loop_lag_seconds", "How late the event loop ran a timer", lag.seconds
    )
    for name, text, value in (
        ("ring_age_seconds", "Age of the oldest entry in the ring", hub.log.age),
        ("relay_lag", "Offsets that the relay is behind the stream's last answer", relay.tail.lag),
    ):
        yield GaugeMetricFamily(f"{prefix}_{name}", text, value=float(value))


def histogram(name: str, text: str, buckets: Buckets) -> Metric:
    """Buckets as a family, with the examples that they hold."""
    family = HistogramMetricFamily(name, text)
    bounds = [*map(str, buckets.bounds), "+Inf"]
    total, shown = 0, []
    for index, (bound, count) in enumerate(zip(bounds, buckets.counts, strict=True)):
        total += count
        found = buckets.exemplars.get(index)
        example = found and Shown({"trace_id": found.trace}, found.value, found.at)
        shown.append((bound, total, example) if example else (bound, total))
    family.add_metric([], shown, buckets.sum)
    return family
