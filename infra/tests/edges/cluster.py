"""As much of a Kubernetes API as a controller needs: objects listed, watched, their status kept."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from infra.ports import LOOPBACK

Object = dict[str, Any]
_JSON = "application/json"
_INITIAL_EVENTS_END = "k8s.io/initial-events-end"
_CLUSTER_SCOPED = ("GatewayClass", "Namespace")


class Cluster:
    """Objects that were applied, and the status that a controller wrote on them."""

    def __init__(self, objects: list[Object], namespace: str) -> None:
        self.port = 0
        self._version = 1
        self._objects = [self._defaulted(item, namespace) for item in objects]

    def status(self, kind: str, name: str) -> Mapping[str, Any]:
        """What a controller said of an object; empty until it did."""
        for item in self._objects:
            if (item["kind"], item["metadata"]["name"]) == (kind, name):
                found: Mapping[str, Any] = item.get("status", {})
                return found
        raise KeyError(kind, name)

    def _defaulted(self, item: Object, namespace: str) -> Object:
        """What the API server adds to what is applied."""
        metadata = item["metadata"]
        metadata.setdefault("resourceVersion", "1")
        metadata.setdefault("generation", 1)
        metadata.setdefault("uid", f"{item['kind']}-{metadata['name']}")
        metadata.setdefault("creationTimestamp", "2026-01-01T00:00:00Z")
        if item["kind"] not in _CLUSTER_SCOPED:
            metadata["namespace"] = namespace
        if item["kind"] == "Service":
            for port in item["spec"]["ports"]:
                port.setdefault("protocol", "TCP")
        if item["kind"] == "HTTPRoute":
            for rule in item["spec"]["rules"]:
                for ref in rule["backendRefs"]:
                    ref |= {"group": "", "kind": "Service", "weight": 1, **ref}
            for parent in item["spec"]["parentRefs"]:
                parent |= {"group": "gateway.networking.k8s.io", "kind": "Gateway", **parent}
        return item

    def _of(self, version: str, plural: str) -> list[Object]:
        return [
            item
            for item in self._objects
            if item["apiVersion"] == version and _plural(item["kind"]) == plural
        ]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, which may carry several requests."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                method, target, _ = head.split("\r\n", 1)[0].split(" ")
                length = next(
                    (
                        int(line.partition(":")[2])
                        for line in head.lower().split("\r\n")
                        if line.startswith("content-length:")
                    ),
                    0,
                )
                await self._answer(writer, method, target, await reader.readexactly(length))
        writer.close()

    async def _answer(
        self, writer: asyncio.StreamWriter, method: str, target: str, body: bytes
    ) -> None:
        asked = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(asked.query).items()}
        version, plural, name = _parts(asked.path)
        found = self._of(version, plural)
        if method in ("PUT", "PATCH"):
            said = json.loads(body)
            (item,) = (one for one in found if one["metadata"]["name"] == name)
            item["status"] = said["status"]
            self._version += 1
            item["metadata"]["resourceVersion"] = str(self._version)
            _send(writer, item)
        elif query.get("watch") in ("1", "true"):
            await self._watch(writer, version, plural, query)
        elif name:
            item = next((one for one in found if one["metadata"]["name"] == name), {})
            _send(writer, item, "200 OK" if item else "404 Not Found")
        else:
            _send(writer, self._list(version, plural, found))
        await writer.drain()

    def _list(self, version: str, plural: str, found: list[Object]) -> Object:
        kind = f"{_KINDS.get(plural, plural)}List"
        metadata = {"resourceVersion": str(self._version)}
        return {"apiVersion": version, "kind": kind, "metadata": metadata, "items": found}

    async def _watch(
        self, writer: asyncio.StreamWriter, version: str, plural: str, query: dict[str, str]
    ) -> None:
        """What is there, a mark that this was all, and then silence: nothing changes here."""
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {_JSON}\r\nTransfer-Encoding: chunked\r\n\r\n"
        writer.write(head.encode())
        if query.get("sendInitialEvents") == "true":
            for item in self._of(version, plural):
                _event(writer, "ADDED", item)
            annotations = {_INITIAL_EVENTS_END: "true"}
            metadata = {"resourceVersion": str(self._version), "annotations": annotations}
            kind = _KINDS.get(plural, plural)
            _event(writer, "BOOKMARK", {"apiVersion": version, "kind": kind, "metadata": metadata})
        await writer.drain()
        await asyncio.Event().wait()


_KINDS = {
    "configmaps": "ConfigMap",
    "endpointslices": "EndpointSlice",
    "gatewayclasses": "GatewayClass",
    "gateways": "Gateway",
    "grpcroutes": "GRPCRoute",
    "httproutes": "HTTPRoute",
    "namespaces": "Namespace",
    "nodes": "Node",
    "referencegrants": "ReferenceGrant",
    "backendtlspolicies": "BackendTLSPolicy",
    "secrets": "Secret",
    "services": "Service",
    "tlsroutes": "TLSRoute",
}


def _plural(kind: str) -> str:
    return next((plural for plural, one in _KINDS.items() if one == kind), kind.lower())


def _parts(path: str) -> tuple[str, str, str]:
    """apiVersion, plural and name of ``/apis/GROUP/VERSION/[namespaces/NAMESPACE/]PLURAL/…``."""
    parts = path.strip("/").split("/")
    if parts[0] == "api":
        version, rest = parts[1], parts[2:]
    else:
        version, rest = "/".join(parts[1:3]), parts[3:]
    if rest[:1] == ["namespaces"] and len(rest) > 2:
        rest = rest[2:]
    return version, rest[0] if rest else "", rest[1] if len(rest) > 1 else ""


def _send(writer: asyncio.StreamWriter, item: object, status: str = "200 OK") -> None:
    body = json.dumps(item).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: {_JSON}\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)


def _event(writer: asyncio.StreamWriter, kind: str, item: Object) -> None:
    line = json.dumps({"type": kind, "object": item}).encode() + b"\n"
    writer.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")


@contextlib.asynccontextmanager
async def cluster(objects: list[Object], namespace: str) -> AsyncIterator[Cluster]:
    """The API on a port of its own."""
    running = Cluster(objects, namespace)
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await running.serve(reader, writer)
        except asyncio.CancelledError:
            pass  # the end of the test; StreamReaderProtocol would report it as an error
        finally:
            tasks.discard(task)
            writer.close()

    async with await asyncio.start_server(serve, LOOPBACK, 0) as server:
        running.port = server.sockets[0].getsockname()[1]
        try:
            yield running
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
