"""Traefik's own Gateway controller on our manifests: what it says of them, and a stream through it.

The API server is a stand-in (cluster.py); objects, controller and streams are the real ones.
"""

import asyncio
import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.ports import LOOPBACK, free_port
from infra.repository import ROOT
from infra.servers import Server, binaries, probes
from infra.servers.program import Program, inherited
from infra.testing import fetch, wait_until
from manifests import kustomize

from .cluster import Cluster, Object, cluster
from .services import FIRST, PING, SECOND, Services, services
from .wire import PATIENCE, SOCKET, wire

NAMESPACE = "airwave"
COMPONENT = ROOT / "k8s" / "components" / "edge-traefik"
ROUTES = ("feed-stream", "chat-socket", "feed", "chat", "page")
KINDS = ("Gateway", "HTTPRoute", "Service")
pytestmark = pytest.mark.timeout(600)  # the first rendering may have to build kustomize


class Controller(Server):
    """Traefik with our values for its chart, and nothing else but addresses."""

    def __init__(self, directory: Path, api_port: int, port: int) -> None:
        super().__init__(name="traefik", directory=directory)
        self.port = port
        self._api_port = api_port

    @property
    def program(self) -> Program:
        """What is run."""
        return Program(
            name=self.name,
            command=(
                str(binaries.in_environment("traefik")),
                f"--entryPoints.web.address={LOOPBACK}:{self.port}",
                "--providers.kubernetesgateway=true",
                f"--providers.kubernetesgateway.endpoint=http://{LOOPBACK}:{self._api_port}",
                "--providers.kubernetesgateway.token=none",
                "--global.checkNewVersion=false",
                "--global.sendAnonymousUsage=false",
                "--log.level=INFO",
                *_arguments(),
            ),
            environment={**inherited(), "HOME": str(self.directory)},
            ready=probes.tcp(LOOPBACK, self.port),
        )


def _arguments() -> Iterator[str]:
    """What the chart makes of our values, as far as it reaches the command line."""
    values = yaml.safe_load((COMPONENT / "traefik-values.yaml").read_text())
    for section, limits in values["ports"]["web"]["transport"].items():
        for name, limit in limits.items():
            yield f"--entryPoints.web.transport.{section}.{name}={limit}"
    yield from values["additionalArguments"]


def _objects(port: int, behind: Services) -> list[Object]:
    """Our manifests as kustomize renders them, and what a cluster has beside them."""
    rendered = yaml.safe_load_all(kustomize.render(ROOT / "k8s" / "tests" / "edge-traefik"))
    objects: list[Object] = [item for item in rendered if item["kind"] in KINDS]
    for item in objects:
        if item["kind"] == "Gateway":  # the entry point's port, which is free here and not 8000
            item["spec"]["listeners"][0]["port"] = port
    named = [item["metadata"]["name"] for item in objects if item["kind"] == "Service"]
    slices = [_slice(name, behind) for name in named if name in ("feed", "chat", "dashboard")]
    return [*objects, *slices, *copy.deepcopy(SURROUNDINGS)]


SURROUNDINGS: list[Object] = [
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}},
    {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "GatewayClass",
        "metadata": {"name": "traefik"},
        "spec": {"controllerName": "traefik.io/gateway-controller"},
    },
]


def _slice(service: str, behind: Services) -> Object:
    host, _, port = behind.address.rpartition(":")
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": f"{service}-1",
            "labels": {"kubernetes.io/service-name": service},
        },
        "addressType": "IPv4",
        "endpoints": [{"addresses": [host], "conditions": {"ready": True}}],
        "ports": [{"name": "http", "port": int(port), "protocol": "TCP"}],
    }


def _conditions(found: Any) -> dict[str, str]:
    return {one["type"]: one["status"] for one in found}


def _route(api: Cluster, name: str) -> dict[str, str]:
    parents = api.status("HTTPRoute", name).get("parents", [])
    return _conditions(parents[0]["conditions"]) if parents else {}


async def test_the_controller_accepts_our_manifests_and_carries_streams(tmp_path: Path) -> None:
    async with services() as behind:
        port = free_port()
        objects = await asyncio.to_thread(_objects, port, behind)
        async with cluster(objects, NAMESPACE) as api:
            controller = Controller(tmp_path, api.port, port)
            await asyncio.to_thread(controller.start)
            try:
                await _accepted(api)
                await _carries(port, behind)
            finally:
                await asyncio.to_thread(controller.kill)


async def _accepted(api: Cluster) -> None:
    await wait_until(lambda: all(_route(api, name) for name in ROUTES))
    assert _conditions(api.status("GatewayClass", "traefik")["conditions"])["Accepted"] == "True"
    await wait_until(lambda: "listeners" in api.status("Gateway", NAMESPACE))
    gateway = api.status("Gateway", NAMESPACE)
    assert _conditions(gateway["conditions"]) == {"Accepted": "True", "Programmed": "True"}
    (listener,) = gateway["listeners"]
    said = _conditions(listener["conditions"])
    assert {name: said[name] for name in ("Accepted", "ResolvedRefs", "Programmed")} == {
        "Accepted": "True",
        "ResolvedRefs": "True",
        "Programmed": "True",
    }
    assert listener["attachedRoutes"] == len(ROUTES)
    for name in ROUTES:
        assert _route(api, name) == {"Accepted": "True", "ResolvedRefs": "True"}, name


async def _routed(port: int) -> None:
    """Conditions come a moment before the routes do."""
    async with asyncio.timeout(PATIENCE):
        while (await fetch(port, "/")).status == 404:  # noqa: ASYNC110 - nothing else tells
            await asyncio.sleep(0.02)


async def _carries(port: int, behind: Services) -> None:
    await _routed(port)
    behind.requests.clear()
    async with wire(port) as stream:
        await stream.ask("/feed/readings?do=pair&name=gateway", "Accept-Encoding: gzip")
        await stream.until(FIRST)
        behind.confirm("gateway").set()
        await stream.until(SECOND)
        assert stream.header("content-encoding") == ""
    async with wire(port) as room:
        await room.ask("/chat/ws?do=socket-ping", *SOCKET)
        assert room.status == 101
        await room.until(PING)
    assert (await fetch(port, "/chat/rooms?x=1")).status == 200
    assert (await fetch(port, "/")).status == 200
    paths = [one.partition("?")[0] for one in behind.requests]
    assert paths == ["/readings", "/ws", "/rooms", "/"]


async def test_a_route_that_leads_nowhere_is_told_by_the_controller(tmp_path: Path) -> None:
    """The conditions are the controller's: a wrong name in a route makes one of them false."""
    async with services() as behind:
        port = free_port()
        objects = await asyncio.to_thread(_objects, port, behind)
        for item in objects:
            if (item["kind"], item["metadata"]["name"]) == ("HTTPRoute", "feed-stream"):
                item["spec"]["rules"][0]["backendRefs"][0]["name"] = "fede"
        async with cluster(objects, NAMESPACE) as api:
            controller = Controller(tmp_path, api.port, port)
            await asyncio.to_thread(controller.start)
            try:
                await wait_until(lambda: all(_route(api, name) for name in ROUTES))
                assert _route(api, "feed-stream")["ResolvedRefs"] == "False"
                assert _route(api, "chat-socket")["ResolvedRefs"] == "True"
            finally:
                await asyncio.to_thread(controller.kill)
