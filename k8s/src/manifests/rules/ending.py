"""How a pod ends: endpoints hear of it, streams leave over the window, and only then it is killed.

The numbers are those of infra/edge/timeouts.toml, which the edge is rendered from.
"""

from collections.abc import Sequence
from datetime import timedelta
from functools import cache
from typing import Any, Final

from infra.edge.timeouts import Timeouts, load
from manifests.objects import Object, configuration, key, named, of_kind, pod, served, workloads
from manifests.rules.rule import Problems, Rule

STREAMING: Final = ("feed", "chat")


@cache
def _timeouts() -> Timeouts:
    return load()


def _seconds(value: Any) -> timedelta:
    return timedelta(seconds=float(value))


def _pause(container: Object) -> timedelta:
    """How long ``preStop`` sleeps."""
    return _seconds(
        container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
    )


def every_pod_says_how_long_it_needs(objects: Sequence[Object]) -> Problems:
    """The default of 30 s fits by chance only."""
    for workload in workloads(objects):
        if "terminationGracePeriodSeconds" not in pod(workload):
            yield f"{key(workload)} has no grace period of its own"


def grace_holds_the_drain(objects: Sequence[Object]) -> Problems:
    """Pause, drain window and margin fit into the grace period, and are those of the file."""
    drain = _timeouts().drain
    for service in STREAMING:
        workload = named(objects, "Deployment", service)
        (container,) = pod(workload)["containers"]
        given = configuration(objects, workload)
        window = _seconds(given[f"{service.upper()}_DRAIN_WINDOW"])
        pause = _seconds(given[f"{service.upper()}_DRAIN_PAUSE"])
        grace = _seconds(pod(workload).get("terminationGracePeriodSeconds", 30))
        if grace < _pause(container) + pause + window + drain.margin:
            yield f"{key(workload)} is killed while its streams leave"
        if (_pause(container), window, grace) != (drain.pre_stop, drain.window, drain.grace):
            yield f"{key(workload)} has other numbers than infra/edge/timeouts.toml"


def traffic_ends_before_the_drain_begins(objects: Sequence[Object]) -> Problems:
    """``preStop`` holds until an unready pod has been noticed as one."""
    for workload in of_kind(objects, "Deployment"):
        for container in pod(workload)["containers"]:
            if not any(port["name"] == "http" for port in container.get("ports", ())):
                continue
            probe = container.get("readinessProbe", {})
            noticed = probe.get("periodSeconds", 10) * probe.get("failureThreshold", 3)
            if _seconds(noticed) > _timeouts().drain.pre_stop or not _pause(container):
                yield f"{key(workload)} gets new clients while it sends the old ones away"


def rollouts_add_before_they_take(objects: Sequence[Object]) -> Problems:
    """Never fewer replicas than before; and never two producers of the same sensors."""
    for workload in of_kind(objects, "Deployment"):
        spec = workload["spec"]
        if workload["metadata"]["name"] == "producer":
            if (spec.get("replicas"), spec["strategy"]["type"]) != (1, "Recreate"):
                yield f"{key(workload)} would publish every sensor twice"
        elif spec["strategy"].get("rollingUpdate") != {"maxSurge": 1, "maxUnavailable": 0}:
            yield f"{key(workload)} takes a replica away before there is another"


def slow_rollouts_are_not_called_failed(objects: Sequence[Object]) -> Problems:
    """The deadline holds as many replicas as there may be, each with its whole grace period."""
    for workload in of_kind(objects, "Deployment"):
        spec = workload["spec"]
        each = pod(workload).get("terminationGracePeriodSeconds", 30)
        count = spec.get("replicas") or _most(objects, workload["metadata"]["name"])
        if spec["progressDeadlineSeconds"] <= count * (each + spec.get("minReadySeconds", 0)):
            yield f"{key(workload)} has not the time to roll {count} replicas"


def _most(objects: Sequence[Object], deployment: str) -> int:
    """Up to how many replicas an autoscaler goes."""
    found = [
        item["spec"].get("maxReplicas") or item["spec"].get("maxReplicaCount", 0)
        for item in of_kind(objects, "HorizontalPodAutoscaler", "ScaledObject")
        if item["spec"]["scaleTargetRef"]["name"] == deployment
    ]
    return max(found, default=1)


def servers_with_copies_leave_one_after_the_other(objects: Sequence[Object]) -> Problems:
    """Whoever has a quorum or a primary to keep must not lose two at once, nor share a node."""
    budgets = {item["metadata"]["name"] for item in of_kind(objects, "PodDisruptionBudget")}
    for workload in of_kind(served(objects), "StatefulSet"):
        if workload["spec"]["replicas"] == 1:
            continue
        spread = pod(workload).get("topologySpreadConstraints", ())
        if not any(one["whenUnsatisfiable"] == "DoNotSchedule" for one in spread):
            yield f"{key(workload)} may have two servers on one node"
        if workload["metadata"]["name"] not in budgets:
            yield f"{key(workload)} may lose two servers at once"


RULES: Final[tuple[Rule, ...]] = (
    every_pod_says_how_long_it_needs,
    grace_holds_the_drain,
    traffic_ends_before_the_drain_begins,
    rollouts_add_before_they_take,
    slow_rollouts_are_not_called_failed,
    servers_with_copies_leave_one_after_the_other,
)
