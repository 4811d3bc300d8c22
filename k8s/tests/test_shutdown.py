"""How a pod ends: endpoints hear of it, streams leave over the window, and only then it is killed.

The numbers are those of infra/edge/timeouts.toml, which the edge is rendered from.
"""

from datetime import timedelta

import pytest

from infra.edge.timeouts import Timeouts, load
from manifests.objects import Object, containers, key, of_kind, pod, workloads

STREAMING = ("feed", "chat")


@pytest.fixture(scope="module")
def timeouts() -> Timeouts:
    return load()


def _seconds(value: object) -> timedelta:
    assert isinstance(value, int | str)
    return timedelta(seconds=float(value))


def _configuration(objects: list[Object], service: str) -> Object:
    (found,) = (
        item["data"]
        for item in of_kind(objects, "ConfigMap")
        if item["metadata"]["name"].startswith(f"{service}-")
    )
    data: Object = found
    return data


def _deployment(objects: list[Object], service: str) -> Object:
    (found,) = (
        item for item in of_kind(objects, "Deployment") if item["metadata"]["name"] == service
    )
    return found


def _pre_stop(workload: Object) -> timedelta:
    (container,) = containers(workload)
    return _seconds(container["lifecycle"]["preStop"]["sleep"]["seconds"])


@pytest.mark.parametrize("service", STREAMING)
def test_the_grace_period_holds_the_pauses_the_window_and_a_margin(
    objects: list[Object], timeouts: Timeouts, service: str
) -> None:
    deployment, configuration = _deployment(objects, service), _configuration(objects, service)
    pause = _seconds(configuration[f"{service.upper()}_DRAIN_PAUSE"])
    window = _seconds(configuration[f"{service.upper()}_DRAIN_WINDOW"])
    needed = _pre_stop(deployment) + pause + window + timeouts.drain.margin
    assert _seconds(pod(deployment)["terminationGracePeriodSeconds"]) >= needed


@pytest.mark.parametrize("service", STREAMING)
def test_the_numbers_are_those_of_the_timeouts_file(
    objects: list[Object], timeouts: Timeouts, service: str
) -> None:
    deployment, configuration = _deployment(objects, service), _configuration(objects, service)
    assert _pre_stop(deployment) == timeouts.drain.pre_stop
    assert _seconds(configuration[f"{service.upper()}_DRAIN_WINDOW"]) == timeouts.drain.window
    assert _seconds(pod(deployment)["terminationGracePeriodSeconds"]) == timeouts.drain.grace


def test_a_pod_gets_no_traffic_before_it_begins_to_leave(
    objects: list[Object], timeouts: Timeouts
) -> None:
    for workload in of_kind(objects, "Deployment"):
        for container in containers(workload):
            if "lifecycle" not in container:
                assert not any(port["name"] == "http" for port in container["ports"])
                continue
            probe = container["readinessProbe"]
            noticed = _seconds(probe["periodSeconds"]) * probe["failureThreshold"]
            assert noticed <= timeouts.drain.pre_stop, key(workload)


def test_a_rollout_adds_before_it_takes_away(objects: list[Object]) -> None:
    for service in (*STREAMING, "dashboard"):
        strategy = _deployment(objects, service)["spec"]["strategy"]
        assert strategy["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}


def test_there_is_never_a_second_producer_of_the_same_sensors(objects: list[Object]) -> None:
    spec = _deployment(objects, "producer")["spec"]
    assert spec["replicas"] == 1
    assert spec["strategy"] == {"type": "Recreate"}


def test_a_slow_rollout_is_not_called_failed(objects: list[Object]) -> None:
    for workload in of_kind(objects, "Deployment"):
        spec = workload["spec"]
        each = pod(workload)["terminationGracePeriodSeconds"] + spec.get("minReadySeconds", 0)
        assert spec["progressDeadlineSeconds"] > spec["replicas"] * each, key(workload)


def test_every_workload_says_how_long_it_needs(objects: list[Object]) -> None:
    for workload in workloads(objects):
        assert "terminationGracePeriodSeconds" in pod(workload), key(workload)
