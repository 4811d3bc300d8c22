"""Each edge before the base: its objects fit their schemas, and what they name is there."""

from typing import Any

import pytest

from infra.edge.timeouts import Timeouts, load
from manifests import custom, kustomize
from manifests.kustomize import ROOT
from manifests.objects import Object, key, of_kind, parse

GATEWAYS = ("edge-envoy-gateway", "edge-nginx-gateway-fabric", "edge-traefik")
EDGES = (*GATEWAYS, "ingress-classic")
POLICIES = ("BackendTrafficPolicy", "ClientTrafficPolicy", "ProxySettingsPolicy")
STREAMS = {
    "feed-stream": ["/feed/readings", "/feed/ws/readings"],
    "chat-socket": ["/chat/ws"],
}


@pytest.fixture(scope="module")
def timeouts() -> Timeouts:
    return load()


@pytest.fixture(scope="module")
def rendered() -> dict[str, list[Object]]:
    return {edge: parse(kustomize.render(ROOT / "k8s" / "tests" / edge)) for edge in EDGES}


def _policy(objects: list[Object], kind: str, route: str) -> Any:
    (found,) = (
        item["spec"]
        for item in of_kind(objects, kind)
        if route in {target["name"] for target in item["spec"]["targetRefs"]}
    )
    return found


@pytest.mark.parametrize("edge", GATEWAYS)
def test_every_custom_resource_fits_its_schema_strictly(
    rendered: dict[str, list[Object]], edge: str
) -> None:
    held = [item for item in rendered[edge] if custom.known(item)]
    assert {"Gateway", "HTTPRoute"} <= {item["kind"] for item in held}
    for item in held:
        custom.validate(item)
        assert item["metadata"]["namespace"] == "airwave", key(item)
        assert not custom.cluster_scoped(item), key(item)


def test_the_class_that_is_applied_by_itself_fits_its_schema() -> None:
    path = ROOT / "k8s" / "components" / "edge-envoy-gateway" / "gateway-class.yaml"
    (item,) = parse(path.read_text())
    custom.validate(item)
    assert custom.cluster_scoped(item)


@pytest.mark.parametrize("edge", GATEWAYS)
def test_every_route_leads_from_the_gateway_to_a_port_of_a_service(
    rendered: dict[str, list[Object]], edge: str
) -> None:
    objects = rendered[edge]
    (gateway,) = of_kind(objects, "Gateway")
    ports = {
        (item["metadata"]["name"], port["port"])
        for item in of_kind(objects, "Service")
        for port in item["spec"]["ports"]
    }
    routes = of_kind(objects, "HTTPRoute")
    assert len(routes) == 5
    for route in routes:
        assert [one["name"] for one in route["spec"]["parentRefs"]] == [gateway["metadata"]["name"]]
        for rule in route["spec"]["rules"]:
            assert {(to["name"], to["port"]) for to in rule["backendRefs"]} <= ports, key(route)


@pytest.mark.parametrize("edge", GATEWAYS)
def test_every_policy_is_of_something_that_is_there(
    rendered: dict[str, list[Object]], edge: str
) -> None:
    there = {(item["kind"], item["metadata"]["name"]) for item in rendered[edge]}
    for policy in of_kind(rendered[edge], *POLICIES):
        for target in policy["spec"]["targetRefs"]:
            assert (target["kind"], target["name"]) in there, key(policy)


@pytest.mark.parametrize("edge", GATEWAYS)
def test_the_streams_have_routes_of_their_own(rendered: dict[str, list[Object]], edge: str) -> None:
    routes = {item["metadata"]["name"]: item for item in of_kind(rendered[edge], "HTTPRoute")}
    for name, paths in STREAMS.items():
        rules = routes[name]["spec"]["rules"]
        assert [rule["matches"] for rule in rules] == [
            [{"path": {"type": "Exact", "value": path}}] for path in paths
        ]


def test_envoy_gateway_gives_streams_time_and_room(
    rendered: dict[str, list[Object]], timeouts: Timeouts
) -> None:
    objects = rendered["edge-envoy-gateway"]
    for route in STREAMS:
        (item,) = (one for one in of_kind(objects, "HTTPRoute") if one["metadata"]["name"] == route)
        assert all(rule["timeouts"] == {"request": "0s"} for rule in item["spec"]["rules"])
        policy = _policy(objects, "BackendTrafficPolicy", route)
        idle = f"{timeouts.edge.idle.seconds}s"
        assert policy["timeout"]["http"]["requestTimeout"] == "0s"
        assert policy["timeout"]["http"]["streamIdleTimeout"] == idle
        assert set(policy["circuitBreaker"].values()) == {timeouts.limits.upstream_connections}
        assert "requestBuffer" not in policy
        assert "compressor" not in policy
    (proxy,) = of_kind(objects, "EnvoyProxy")
    drain = f"{timeouts.drain.edge_shutdown.seconds}s"
    assert proxy["spec"]["shutdown"]["drainTimeout"] == drain


def test_nginx_gateway_fabric_buffers_no_stream(
    rendered: dict[str, list[Object]], timeouts: Timeouts
) -> None:
    for route in STREAMS:
        policy = _policy(rendered["edge-nginx-gateway-fabric"], "ProxySettingsPolicy", route)
        assert policy["buffering"] == {"disable": True}
        assert policy["timeout"]["read"] == f"{timeouts.edge.idle.seconds}s"


def test_ingresses_lead_to_named_ports_of_services(rendered: dict[str, list[Object]]) -> None:
    objects = rendered["ingress-classic"]
    names = {
        (item["metadata"]["name"], port["name"])
        for item in of_kind(objects, "Service")
        for port in item["spec"]["ports"]
    }
    led = {
        (path["backend"]["service"]["name"], path["backend"]["service"]["port"]["name"])
        for item in of_kind(objects, "Ingress")
        for rule in item["spec"]["rules"]
        for path in rule.get("http", {}).get("paths", ())
    }
    assert led == {("feed", "http"), ("chat", "http"), ("dashboard", "http")}
    assert led <= names


def test_pods_are_asked_as_often_as_the_timeouts_file_says(
    rendered: dict[str, list[Object]], timeouts: Timeouts
) -> None:
    probe = timeouts.probe
    wanted = {
        "startupProbe": (probe.startup_period.seconds, probe.startup_failures),
        "livenessProbe": (probe.live_period.seconds, probe.live_failures),
        "readinessProbe": (probe.ready_period.seconds, probe.ready_failures),
    }
    asked = [
        item
        for item in of_kind(rendered["edge-envoy-gateway"], "Deployment")
        if item["metadata"]["name"] in ("feed", "chat")
    ]
    assert len(asked) == 2
    for item in asked:
        (container,) = item["spec"]["template"]["spec"]["containers"]
        for name, numbers in wanted.items():
            found = container[name]
            assert (found["periodSeconds"], found["failureThreshold"]) == numbers, key(item)
