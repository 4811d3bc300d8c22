from prometheus_client import CollectorRegistry, Gauge
from starlette.testclient import TestClient

from realtime.health import Health, create_admin_app


def make() -> tuple[Health, TestClient]:
    health, registry = Health(), CollectorRegistry()
    Gauge("example_things", "Things", registry=registry).set(3)
    return health, TestClient(create_admin_app(health, registry))


def test_live_is_being_answered() -> None:
    _, client = make()
    assert client.get("/livez").status_code == 200


def test_ready_is_started_and_not_draining() -> None:
    health, client = make()
    assert client.get("/readyz").status_code == 503
    health.started = True
    assert client.get("/readyz").json()["ready"] is True
    health.draining = True
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["draining"]) == (503, True)
    assert client.get("/livez").status_code == 200


def test_a_missing_dependency_is_said_but_does_not_unready() -> None:
    health, client = make()
    health.started = True
    health.set_degraded("redis", "gone")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["degraded"]) == (200, {"redis": "gone"})
    health.set_degraded("redis", None)
    health.set_degraded("redis", None)
    assert client.get("/readyz").json()["degraded"] == {}


def test_metrics_are_in_the_prometheus_format() -> None:
    _, client = make()
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert "example_things 3.0" in answer.text
