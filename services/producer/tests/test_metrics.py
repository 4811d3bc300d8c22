from prometheus_client import CollectorRegistry, generate_latest

from producer.metrics import Metrics


def test_gauges_are_asked_when_the_metrics_are_read() -> None:
    registry, level = CollectorRegistry(), [1]
    Metrics(registry).watch(spool=lambda: level[0], in_flight=lambda: 2)
    level[0] = 7

    text = generate_latest(registry).decode()

    assert "producer_spool_readings 7.0" in text
    assert "producer_in_flight 2.0" in text


def test_every_name_carries_the_services_prefix() -> None:
    registry = CollectorRegistry()
    Metrics(registry).watch(spool=lambda: 0, in_flight=lambda: 0)

    own = ("producer_", "process_", "python_")
    assert all(metric.name.startswith(own) for metric in registry.collect())
