"""Every name leads somewhere: selectors, ports, configuration, accounts, secrets."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from manifests.objects import (
    Object,
    containers,
    key,
    labels,
    of_kind,
    pod,
    references,
    selector,
    selects,
    workloads,
)
from manifests.rules.probing import PROBES
from manifests.rules.rule import Problems, Rule
from manifests.secrets import PASSWORDS, issued

_HASH: Final = re.compile(r"-[0-9a-z]{10}$")
_VARIABLE: Final = re.compile(r"(?<!\$)\$\((\w+)\)")


def objects_are_there_once(objects: Sequence[Object]) -> Problems:
    """Two of one name are one, and which of them is a matter of luck."""
    for name, count in Counter(map(key, objects)).items():
        if count > 1:
            yield f"{name} is there {count} times"


def selectors_take_one_workload(objects: Sequence[Object]) -> Problems:
    """A Service, a budget or a monitor selects the pods of exactly one workload."""
    for item in of_kind(objects, "Service", "PodDisruptionBudget", "PodMonitor"):
        taken = [key(w) for w in workloads(objects) if selects(selector(item), labels(w))]
        if len(taken) != 1:
            yield f"{key(item)} takes {taken}"


def workloads_select_their_own_pods(objects: Sequence[Object]) -> Problems:
    """So do the rules by which pods are spread; a Job's selector is the cluster's."""
    for workload in workloads(objects):
        own = [] if workload["kind"] == "Job" else [workload["spec"]["selector"]]
        spread = pod(workload).get("topologySpreadConstraints", ())
        for one in [*own, *(constraint["labelSelector"] for constraint in spread)]:
            if not selects(one["matchLabels"], labels(workload)):
                yield f"{key(workload)} does not select its own pods"


def ports_have_names(objects: Sequence[Object]) -> Problems:
    """Each container names its ports, and whoever names one means one that is there."""
    for workload in workloads(objects):
        for container in containers(workload):
            ports = container.get("ports", ())
            names = {port.get("name") for port in ports}
            if None in names or len(names) != len(ports):
                yield f"{key(workload)} has ports without a name of their own"
            for probe in PROBES:
                action = container.get(probe, {})
                asked = action.get("httpGet") or action.get("tcpSocket")
                if asked and asked["port"] not in names:
                    yield f"{key(workload)} {probe} asks {asked['port']}, which is no port of it"
    for item, name in _named_ports(objects):
        target = [w for w in workloads(objects) if selects(selector(item), labels(w))]
        offered = {p.get("name") for w in target for c in containers(w) for p in c.get("ports", ())}
        if name not in offered:
            yield f"{key(item)} leads to {name}, which nobody offers"


def _named_ports(objects: Sequence[Object]) -> Iterator[tuple[Object, Any]]:
    for item in of_kind(objects, "Service"):
        for port in item["spec"]["ports"]:
            yield item, port["targetPort"]
    for item in of_kind(objects, "PodMonitor"):
        for endpoint in item["spec"]["podMetricsEndpoints"]:
            yield item, endpoint["port"]


def services_hide_admin_ports(objects: Sequence[Object]) -> Problems:
    """Nothing that an edge can name leads to probes or metrics."""
    for item in of_kind(objects, "Service"):
        shown = {"admin", "monitor"} & {port["targetPort"] for port in item["spec"]["ports"]}
        if item["spec"].get("clusterIP") != "None" and shown:
            yield f"{key(item)} leads to {shown}"


def what_pods_name_exists(objects: Sequence[Object]) -> Problems:
    """Accounts, services, ConfigMaps and volumes; no ConfigMap but dashboards is for nobody."""
    there = {
        kind: {item["metadata"]["name"] for item in of_kind(objects, kind)}
        for kind in ("ConfigMap", "ServiceAccount", "Service")
    }
    used = set()
    for workload in workloads(objects):
        spec = pod(workload)
        if spec["serviceAccountName"] not in there["ServiceAccount"]:
            yield f"{key(workload)} runs as {spec['serviceAccountName']}, whom nobody made"
        if workload["spec"].get("serviceName") not in {None, *there["Service"]}:
            yield f"{key(workload)} has its names from {workload['spec']['serviceName']}"
        used |= {name for _, name in references(spec, ("configMapRef", "configMap"))}
        mounts = {m["name"] for c in containers(workload) for m in c["volumeMounts"]}
        claims = {c["metadata"]["name"] for c in workload["spec"].get("volumeClaimTemplates", ())}
        if mounts != {volume["name"] for volume in spec["volumes"]} | claims:
            yield f"{key(workload)} mounts {sorted(mounts)}, which are not its volumes"
    # Found by their label, by a Grafana that is not among our pods.
    watched = {
        item["metadata"]["name"]
        for item in of_kind(objects, "ConfigMap")
        if "grafana_dashboard" in item["metadata"].get("labels", {})
    }
    for name in used ^ (there["ConfigMap"] - watched):
        yield f"ConfigMap/{name} is {'named' if name in used else 'there'} only"


def secrets_are_known(objects: Sequence[Object]) -> Problems:
    """Each Secret that is named is one that `make secrets` makes, or cert-manager."""
    for workload in workloads(objects):
        for field, name in references(pod(workload), ("secretKeyRef", "secretRef", "secret")):
            if name not in PASSWORDS and name not in issued(objects):
                yield f"{key(workload)} {field} {name}: nobody makes it"
        for container in containers(workload):
            for variable in container.get("env", ()):
                wanted = variable.get("valueFrom", {}).get("secretKeyRef")
                if wanted and wanted["key"] not in PASSWORDS.get(wanted["name"], ()):
                    yield f"{key(workload)} {variable['name']}: no key {wanted['key']}"


def variables_are_known_where_they_are_used(objects: Sequence[Object]) -> Problems:
    """``$(NAME)`` is put in from what stands above it; else it stays as it is, without a word."""
    for workload in workloads(objects):
        for container in containers(workload):
            known: set[str] = set()
            for variable in container.get("env", ()):
                for name in set(_VARIABLE.findall(variable.get("value", ""))) - known:
                    yield f"{key(workload)} {variable['name']} uses {name} before it is set"
                known.add(variable["name"])
            words = [*container.get("command", ()), *container.get("args", ())]
            for name in set(_VARIABLE.findall(" ".join(words))) - known:
                yield f"{key(workload)} uses {name}, which is not set"


def configuration_rolls_pods(objects: Sequence[Object]) -> Problems:
    """A changed ConfigMap has another name, so the pods that use it are made anew."""
    for item in of_kind(objects, "ConfigMap"):
        if not _HASH.search(item["metadata"]["name"]):
            yield f"{key(item)} can change without anybody noticing"


RULES: Final[tuple[Rule, ...]] = (
    objects_are_there_once,
    selectors_take_one_workload,
    workloads_select_their_own_pods,
    ports_have_names,
    services_hide_admin_ports,
    what_pods_name_exists,
    secrets_are_known,
    variables_are_known_where_they_are_used,
    configuration_rolls_pods,
)
