"""How connections are asked to leave, as metrics that feed and chat share."""

from collections.abc import Iterable

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from realtime.lifecycle import Departures, Reason


def departure_metrics(prefix: str, departures: Departures) -> Iterable[Metric]:
    """Every family at its present value; ``prefix`` is the service's."""
    for name, text, value in (
        ("draining", "Whether this replica leaves", departures.draining),
        ("staying", "Connections that were not asked to leave", departures.staying),
        ("leaving", "Connections that were asked to leave and are still there", departures.leaving),
    ):
        yield GaugeMetricFamily(f"{prefix}_{name}", text, value=float(value))
    for name, text, reason in (
        ("drained", "Connections asked to leave because this replica leaves", Reason.DRAIN),
        ("aged", "Connections asked to move because they were open for long enough", Reason.AGE),
        ("shed", "Connections asked to move because other replicas have fewer", Reason.SHED),
    ):
        value = departures.asked[reason]
        yield CounterMetricFamily(f"{prefix}_{name}", text, value=float(value))
