"""What a replica may take and whether it has, as metrics that feed and chat share."""

from collections.abc import Iterable

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from realtime.admission import Refusal
from realtime.budgets import Budgets


def budget_metrics(prefix: str, budgets: Budgets) -> Iterable[Metric]:
    """Every family at its present value; ``prefix`` is the service's."""
    for name, text, value in (
        (
            "descriptors_budget",
            "Open descriptors beyond which newcomers are turned away",
            budgets.descriptors_budget,
        ),
        (
            "memory_budget_bytes",
            "Resident memory beyond which newcomers are turned away; 0: no limit",
            budgets.memory_budget_bytes,
        ),
    ):
        yield GaugeMetricFamily(f"{prefix}_{name}", text, value=float(value))
    spent = GaugeMetricFamily(
        f"{prefix}_budget_spent", "1 for what newcomers are turned away for", labels=["what"]
    )
    obstacle = budgets.obstacle()
    for what in (Refusal.DESCRIPTORS, Refusal.MEMORY, Refusal.LATE):
        spent.add_metric([what], float(obstacle is what))
    yield spent
    yield CounterMetricFamily(
        f"{prefix}_loop_stalls",
        "Times that the event loop stood still",
        value=float(budgets.stalls.count),
    )
