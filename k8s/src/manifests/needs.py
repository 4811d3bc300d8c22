"""What an overlay asks of a cluster: CPU, memory and volumes, with as few replicas as there are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from manifests.objects import Object, of_kind, pod, served
from manifests.rules.scaling import AUTOSCALERS

_MIB: Final = {"Mi": 1, "Gi": 1024}


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """Sums over all pods that run for good."""

    pods: int
    cpu_millis: int
    memory_mib: int
    limit_mib: int
    volumes_gib: int


def of(objects: Sequence[Object]) -> Needs:
    """What ``objects`` ask for; a Job comes on top while it runs."""
    pods = cpu = memory = limit = volumes = 0
    for workload, count in _counted(objects):
        (container,) = pod(workload)["containers"]
        resources = container["resources"]
        pods += count
        cpu += count * _millis(resources["requests"]["cpu"])
        memory += count * _mib(resources["requests"]["memory"])
        limit += count * _mib(resources["limits"]["memory"])
        for claim in workload["spec"].get("volumeClaimTemplates", ()):
            volumes += count * _mib(claim["spec"]["resources"]["requests"]["storage"]) // 1024
    return Needs(pods=pods, cpu_millis=cpu, memory_mib=memory, limit_mib=limit, volumes_gib=volumes)


def _counted(objects: Sequence[Object]) -> Iterator[tuple[Object, int]]:
    least = {
        item["spec"]["scaleTargetRef"]["name"]: item["spec"].get("minReplicas")
        or item["spec"].get("minReplicaCount")
        for item in of_kind(objects, *AUTOSCALERS)
    }
    for workload in served(objects):
        yield workload, workload["spec"].get("replicas") or least[workload["metadata"]["name"]]


def _millis(text: str) -> int:
    return int(text[:-1]) if text.endswith("m") else 1000 * int(text)


def _mib(text: str) -> int:
    return int(text[:-2]) * _MIB[text[-2:]]
