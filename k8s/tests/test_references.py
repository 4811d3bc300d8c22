"""Every name leads somewhere: selectors, ports, configuration, service accounts."""

from collections import Counter

from manifests.objects import (
    Object,
    containers,
    key,
    labels,
    of_kind,
    pod,
    references,
    selects,
    workloads,
)


def test_what_is_rendered_is_there_once(objects: list[Object]) -> None:
    assert [name for name, count in Counter(map(key, objects)).items() if count > 1] == []


def test_every_selector_takes_the_pods_of_exactly_one_workload(objects: list[Object]) -> None:
    for item in of_kind(objects, "Service", "PodDisruptionBudget"):
        selector = item["spec"]["selector"]
        taken = [
            key(workload)
            for workload in workloads(objects)
            if selects(selector.get("matchLabels", selector), labels(workload))
        ]
        assert len(taken) == 1, f"{key(item)} takes {taken}"


def test_a_workload_selects_its_own_pods_and_spreads_them(objects: list[Object]) -> None:
    for workload in workloads(objects):
        selectors = [workload["spec"]["selector"]]
        selectors += [
            constraint["labelSelector"]
            for constraint in pod(workload).get("topologySpreadConstraints", ())
        ]
        for selector in selectors:
            assert selects(selector["matchLabels"], labels(workload)), key(workload)


def test_every_port_has_a_name_and_every_name_is_a_port(objects: list[Object]) -> None:
    for workload in workloads(objects):
        for container in containers(workload):
            named = {port["name"] for port in container["ports"]}
            assert len(named) == len(container["ports"])
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                action = container[probe].get("httpGet") or container[probe].get("tcpSocket")
                assert action is None or action["port"] in named, f"{key(workload)} {probe}"
    for service in of_kind(objects, "Service"):
        selector = service["spec"]["selector"]
        (target,) = (w for w in workloads(objects) if selects(selector, labels(w)))
        offered = {port["name"] for c in containers(target) for port in c["ports"]}
        for port in service["spec"]["ports"]:
            assert port["targetPort"] in offered, f"{key(service)} {port}"


def test_no_service_leads_to_an_admin_port(objects: list[Object]) -> None:
    for service in of_kind(objects, "Service"):
        if service["spec"].get("clusterIP") != "None":
            assert not {"admin", "monitor"} & {p["targetPort"] for p in service["spec"]["ports"]}


def test_what_a_pod_names_exists(objects: list[Object]) -> None:
    config = {item["metadata"]["name"] for item in of_kind(objects, "ConfigMap")}
    accounts = {item["metadata"]["name"] for item in of_kind(objects, "ServiceAccount")}
    services = {item["metadata"]["name"] for item in of_kind(objects, "Service")}
    used = set()
    for workload in workloads(objects):
        assert pod(workload)["serviceAccountName"] in accounts
        assert workload["spec"].get("serviceName") in {None, *services}
        for field, name in references(pod(workload), ("configMapRef", "configMap", "secretRef")):
            assert field != "secretRef", "no secret is made here yet"
            used.add(name)
        mounts = {m["name"] for c in containers(workload) for m in c["volumeMounts"]}
        claims = {c["metadata"]["name"] for c in workload["spec"].get("volumeClaimTemplates", ())}
        assert mounts == {volume["name"] for volume in pod(workload)["volumes"]} | claims
    assert used == config


def test_a_changed_configuration_rolls_the_pods(objects: list[Object]) -> None:
    for item in of_kind(objects, "ConfigMap"):
        _, _, content_hash = item["metadata"]["name"].rpartition("-")
        assert len(content_hash) == len("9f7m2tbfgk"), key(item)
