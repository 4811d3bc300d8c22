"""Identity's metrics, under the prefix of the service that asks."""

from collections.abc import Iterable

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from realtime.identity.errors import Denial
from realtime.identity.gate import Gate
from realtime.identity.watch import EndReason


def identity_metrics(prefix: str, gate: Gate) -> Iterable[Metric]:
    """Every family at its present value; labels come from closed lists only."""
    tokens, watch = gate.tokens, gate.watch
    for name, text, value in (
        ("identified", "Connections that a token let in", len(watch)),
        ("revocations", "Revocations remembered", len(tokens.revocations) if tokens else 0),
    ):
        yield GaugeMetricFamily(f"{prefix}_{name}", text, value=float(value))
    for name, text, value in (
        ("tokens_verified", "Tokens found good", gate.verified),
        ("tickets_issued", "Tickets issued", tokens.tickets.issued if tokens else 0),
        ("tickets_redeemed", "Tickets redeemed", tokens.tickets.redeemed if tokens else 0),
        ("identity_warned", "Connections told that their token ends", watch.warned),
    ):
        yield CounterMetricFamily(f"{prefix}_{name}", text, value=float(value))
    refused = CounterMetricFamily(
        f"{prefix}_identity_refused", "Requests and frames refused", labels=["reason"]
    )
    for denial in Denial:
        refused.add_metric([denial], gate.refused[denial])
    yield refused
    ended = CounterMetricFamily(
        f"{prefix}_identity_ended", "Connections that their identity ended", labels=["reason"]
    )
    for reason in EndReason:
        ended.add_metric([reason], watch.ended[reason])
    yield ended
