"""The Secrets that our manifests name and never hold, and how they are made."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from manifests.objects import Object, of_kind, pod, references, workloads

PASSWORDS: Final[Mapping[str, Sequence[str]]] = {
    "nats-passwords": ("admin", "producer", "feed", "chat", "device", "route"),
    "valkey-passwords": ("chat", "replica", "sentinel"),
}
"""By name of the Secret: whose passwords are in it."""


def named_in(objects: Iterable[Object]) -> set[str]:
    """The Secrets that the pods of ``objects`` need."""
    found = set()
    for workload in workloads(objects):
        for _, name in references(pod(workload), ("secretKeyRef", "secretRef", "secret")):
            found.add(name)
    return found


def issued(objects: Iterable[Object]) -> set[str]:
    """The Secrets that cert-manager makes because ``objects`` ask it to."""
    return {item["spec"]["secretName"] for item in of_kind(objects, "Certificate")}
