"""Started, live and ready are three questions, asked where no client can ask them."""

import pytest

from manifests.objects import Object, containers, key, of_kind, workloads

PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
NUMBERS = ("periodSeconds", "timeoutSeconds", "failureThreshold")


def _action(probe: Object) -> Object:
    return {name: value for name, value in probe.items() if name not in NUMBERS}


def test_every_container_answers_three_different_probes(objects: list[Object]) -> None:
    for workload in workloads(objects):
        for container in containers(workload):
            start, live, ready = (container[name] for name in PROBES)
            assert _action(live) != _action(ready), key(workload)
            assert _action(live) != _action(start), key(workload)
            assert start != ready, key(workload)


@pytest.mark.parametrize("service", ["producer", "feed", "chat", "dashboard"])
def test_our_services_are_asked_on_the_admin_port(objects: list[Object], service: str) -> None:
    (deployment,) = (
        item for item in of_kind(objects, "Deployment") if item["metadata"]["name"] == service
    )
    (container,) = containers(deployment)
    asked = {name: container[name]["httpGet"] for name in PROBES}
    assert asked["startupProbe"] == {"path": "/readyz", "port": "admin"}
    assert asked["livenessProbe"] == {"path": "/livez", "port": "admin"}
    assert asked["readinessProbe"] == {"path": "/readyz", "port": "admin"}


def test_a_restart_waits_longer_than_a_detour(objects: list[Object]) -> None:
    for workload in workloads(objects):
        for container in containers(workload):
            live, ready = container["livenessProbe"], container["readinessProbe"]
            patience = live["periodSeconds"] * live["failureThreshold"]
            assert patience > ready["periodSeconds"] * ready["failureThreshold"], key(workload)
