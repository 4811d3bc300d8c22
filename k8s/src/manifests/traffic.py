"""Who may speak to whom, computed from the NetworkPolicies as Kubernetes defines them.

Everybody may, until a policy selects a pod for a direction; then only what some policy allows. A
connection needs its way out and its way in.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from manifests.objects import Object, containers, key, labels, of_kind, workloads

OURS: Final = "airwave"
"""The namespace that is computed for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """Where somebody can be reached; ``name`` is empty where nobody gave one."""

    number: int
    protocol: str = "TCP"
    name: str = ""

    def __str__(self) -> str:
        """As the written matrix has it."""
        return f"{self.number}/{self.protocol}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Pods that are alike to every policy."""

    name: str
    labels: Mapping[str, str]
    namespace: Mapping[str, str]
    ports: tuple[Port, ...] = field(default=())

    @property
    def is_ours(self) -> bool:
        """Whether our policies are about it."""
        return self.namespace.get("kubernetes.io/metadata.name") == OURS


def _elsewhere(name: str, **namespace: str) -> Party:
    where = {"kubernetes.io/metadata.name": f"{name}-namespace", **namespace}
    return Party(name=name, labels={"app": name}, namespace=where, ports=(Port(number=8443),))


_HERE: Final = {"kubernetes.io/metadata.name": OURS}
OTHERS: Final[tuple[Party, ...]] = (
    *(_elsewhere(role, **{"airwave-role": role}) for role in ("edge", "monitoring", "devices")),
    _elsewhere("stranger"),
    # Somebody put it beside ours.
    Party(name="stray", labels={"app": "stray"}, namespace=_HERE, ports=(Port(number=8080),)),
    Party(
        name="edge-beside",
        labels={"gateway.networking.k8s.io/gateway-name": OURS},
        namespace=_HERE,
        ports=(Port(number=80),),
    ),
    Party(
        name="dns",
        labels={"k8s-app": "kube-dns"},
        namespace={"kubernetes.io/metadata.name": "kube-system"},
        ports=(Port(number=53), Port(number=53, protocol="UDP")),
    ),
)
"""Who else there is, in a cluster that is set up as the guide says."""


def parties(objects: Iterable[Object]) -> list[Party]:
    """Our own, with every port that they open."""
    return [
        Party(
            name=workload["metadata"]["name"],
            labels=labels(workload),
            namespace=_HERE,
            ports=tuple(
                Port(number=p["containerPort"], protocol=p["protocol"], name=p["name"])
                for container in containers(workload)
                for p in container.get("ports", ())
            ),
        )
        for workload in workloads(objects)
    ]


def allowed(objects: Sequence[Object]) -> set[tuple[str, str, str]]:
    """Every ``(from, to, port)`` that a policy of ours has a say in and that may be."""
    policies = of_kind(objects, "NetworkPolicy")
    everybody = [*parties(objects), *OTHERS]
    return {
        (source.name, target.name, str(port))
        for source in everybody
        for target in everybody
        for port in target.ports
        if (source.is_ours or target.is_ours)
        and _passes(policies, "Egress", source, target, port)
        and _passes(policies, "Ingress", target, source, port)
    }


def _passes(
    policies: Sequence[Object], direction: str, mine: Party, peer: Party, port: Port
) -> bool:
    """Whether ``mine`` may in that direction; ``port`` is the target's."""
    about = [
        policy["spec"]
        for policy in policies
        if mine.is_ours
        and direction in policy["spec"]["policyTypes"]
        and _matches(policy["spec"]["podSelector"], mine.labels)
    ]
    rules = [rule for spec in about for rule in spec.get(direction.lower(), ())]
    return not about or any(_allows(rule, direction, peer, port) for rule in rules)


def _allows(rule: Object, direction: str, peer: Party, port: Port) -> bool:
    peers = rule.get("from" if direction == "Ingress" else "to", ())
    ports = rule.get("ports", ())
    return (not peers or any(_is(one, peer) for one in peers)) and (
        not ports or any(_means(one, port) for one in ports)
    )


def _is(peer: Object, party: Party) -> bool:
    if unknown := set(peer) - {"podSelector", "namespaceSelector"}:
        raise NotImplementedError(unknown)
    if "namespaceSelector" in peer:
        here = _matches(peer["namespaceSelector"], party.namespace)
    else:
        here = party.is_ours
    return here and _matches(peer.get("podSelector", {}), party.labels)


def _means(wanted: Object, port: Port) -> bool:
    if unknown := set(wanted) - {"port", "protocol"}:
        raise NotImplementedError(unknown)
    # What is not said is TCP, and every port.
    same = wanted.get("protocol", "TCP") == port.protocol
    return same and wanted.get("port", port.number) in (port.number, port.name or None)


def _matches(selector: Object, given: Mapping[str, str]) -> bool:
    """Whether a selector takes these labels; an empty one takes all."""
    wanted: Mapping[str, str] = selector.get("matchLabels", {})
    return wanted.items() <= given.items() and all(
        _expression(one, given) for one in selector.get("matchExpressions", ())
    )


def _expression(one: Mapping[str, Any], given: Mapping[str, str]) -> bool:
    if one["operator"] == "Exists":
        return one["key"] in given
    raise NotImplementedError(one["operator"])


def dead_rules(objects: Sequence[Object]) -> Iterator[str]:
    """Policies that select nobody, or name somebody or a port that is not there."""
    everybody = [*parties(objects), *OTHERS]
    ours = [party for party in everybody if party.is_ours]
    for policy in of_kind(objects, "NetworkPolicy"):
        spec = policy["spec"]
        mine = [party for party in ours if _matches(spec["podSelector"], party.labels)]
        if not mine:
            yield f"{key(policy)} is about nobody"
        for direction in ("Ingress", "Egress"):
            for rule in spec.get(direction.lower(), ()):
                targets = mine if direction == "Ingress" else everybody
                for wanted in rule.get("ports", ()):
                    reached = [
                        port
                        for party in targets
                        if direction == "Ingress" or any(_is(one, party) for one in rule["to"])
                        for port in party.ports
                        if _means(wanted, port)
                    ]
                    if not reached:
                        yield f"{key(policy)} {direction} {wanted['port']}: nobody listens there"
