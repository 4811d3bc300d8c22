"""What replicas know of each other's connections, as metrics that feed and chat share."""

from collections.abc import Iterable

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from realtime.shedding import Held, Shedding


def shedding_metrics(prefix: str, shedding: Shedding) -> Iterable[Metric]:
    """Every family at its present value; ``prefix`` is the service's."""
    for name, text, value in (
        ("replicas", "Replicas that stay and are heard of, this one included", shedding.replicas),
        ("replicas_mean_connections", "Connections of a replica on average", shedding.mean),
    ):
        yield GaugeMetricFamily(f"{prefix}_{name}", text, value=float(value))
    held = GaugeMetricFamily(
        f"{prefix}_shed_held", "1 for the reason why nobody is sent away", labels=["reason"]
    )
    for reason in Held:
        held.add_metric([reason], float(reason is shedding.held))
    yield held
    yield CounterMetricFamily(
        f"{prefix}_replicas_unreadable",
        "Other replicas' words not understood",
        value=float(shedding.census.unreadable),
    )
