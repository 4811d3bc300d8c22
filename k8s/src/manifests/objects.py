"""Kubernetes objects as plain dictionaries, and the parts of them that rules are about."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import yaml

Object = Mapping[str, Any]
"""One object, or a part of one, as YAML gives it."""

WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job")


def parse(text: str) -> list[Object]:
    """The objects of a stream of YAML documents."""
    return [item for item in yaml.safe_load_all(text) if item is not None]


def key(item: Object) -> str:
    """Kind and name, by which people find it: ``Deployment/feed``."""
    return f"{item['kind']}/{item['metadata']['name']}"


def of_kind(objects: Iterable[Object], *kinds: str) -> list[Object]:
    """Those of the given kinds."""
    return [item for item in objects if item["kind"] in kinds]


def workloads(objects: Iterable[Object]) -> list[Object]:
    """Those that make pods."""
    return of_kind(objects, *WORKLOADS)


def template(workload: Object) -> Object:
    """What a workload's pods are made from."""
    made_from: Object = workload["spec"]["template"]
    return made_from


def pod(workload: Object) -> Object:
    """The specification of a workload's pods."""
    spec: Object = template(workload)["spec"]
    return spec


def containers(workload: Object) -> Iterator[Object]:
    """Every container of a workload's pods, those that run first included."""
    spec = pod(workload)
    yield from spec.get("initContainers", ())
    yield from spec["containers"]


def labels(workload: Object) -> Mapping[str, str]:
    """The labels of a workload's pods."""
    given: Mapping[str, str] = template(workload)["metadata"]["labels"]
    return given


def selects(selector: Mapping[str, str], given: Mapping[str, str]) -> bool:
    """Whether a selector takes something with the ``given`` labels; an empty one takes nothing."""
    return bool(selector) and selector.items() <= given.items()


def references(node: Any, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Every ``(field, name)`` where an object names another: ``("configMapRef", "feed-1a2b")``."""
    if isinstance(node, Mapping):
        for field, value in node.items():
            if field in names and isinstance(value, Mapping):
                yield field, value.get("name") or value.get("secretName", "")
            yield from references(value, names)
    elif isinstance(node, list):
        for value in node:
            yield from references(value, names)


def selector(item: Object) -> Mapping[str, str]:
    """The labels that a Service or anything with ``matchLabels`` selects by."""
    given: Mapping[str, Any] = item["spec"].get("selector") or {}
    found: Mapping[str, str] = given.get("matchLabels", given)
    return found


def named(objects: Iterable[Object], kind: str, name: str) -> Object:
    """The one object of that kind and name.

    Raises:
        LookupError: there is none, or several.
    """
    found = [item for item in of_kind(objects, kind) if item["metadata"]["name"] == name]
    if len(found) != 1:
        message = f"{len(found)} objects are {kind}/{name}"
        raise LookupError(message)
    return found[0]


def served(objects: Iterable[Object]) -> list[Object]:
    """The workloads that run for good, which a Job does not."""
    return [item for item in workloads(objects) if item["kind"] != "Job"]


def configuration(objects: Iterable[Object], workload: Object) -> dict[str, str]:
    """The environment of a workload's only container; a secret is the word "secret"."""
    maps = {item["metadata"]["name"]: item["data"] for item in of_kind(objects, "ConfigMap")}
    (container,) = pod(workload)["containers"]
    found: dict[str, str] = {}
    for source in container.get("envFrom", ()):
        found |= maps[source["configMapRef"]["name"]]
    for variable in container.get("env", ()):
        text = variable.get("value", "secret")
        # As the kubelet does: only what stands above is known.
        for name, value in found.items():
            text = text.replace(f"$({name})", value)
        found[variable["name"]] = text
    return found
