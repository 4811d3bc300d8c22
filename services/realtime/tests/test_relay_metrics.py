from prometheus_client import CollectorRegistry, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from realtime.buckets import Buckets, Exemplar
from realtime.relay_metrics import histogram


class One(Collector):
    def __init__(self, family: Metric) -> None:
        self._family = family

    def collect(self) -> list[Metric]:
        return [self._family]


def shown(buckets: Buckets, accept: str) -> list[str]:
    registry = CollectorRegistry()
    registry.register(One(histogram("a_seconds", "A", buckets)))
    encode, _ = choose_encoder(accept)
    return encode(registry).decode().splitlines()


def filled() -> Buckets:
    buckets = Buckets((0.1, 1.0))
    for value in (0.05, 0.5, 0.6, 7.0):
        buckets.add(value)
    buckets.show(Exemplar("4bf92f3577b34da6a3ce929d0e0e4736", 0.5, 1_795_343_351.0))
    return buckets


def test_counts_are_cumulative() -> None:
    lines = shown(filled(), "text/plain")
    assert lines[-5:] == [
        'a_seconds_bucket{le="0.1"} 1.0',
        'a_seconds_bucket{le="1.0"} 3.0',
        'a_seconds_bucket{le="+Inf"} 4.0',
        "a_seconds_count 4.0",
        "a_seconds_sum 8.15",
    ]


def test_examples_are_in_the_format_that_has_them() -> None:
    (line,) = [
        line
        for line in shown(filled(), "application/openmetrics-text; version=1.0.0")
        if "trace_id" in line
    ]
    assert line.startswith('a_seconds_bucket{le="1.0"} 3.0 # {trace_id="4bf92f3577b34da6')
