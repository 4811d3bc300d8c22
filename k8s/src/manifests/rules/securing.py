"""Pod Security "restricted", and what it leaves open."""

import re
from collections.abc import Sequence
from typing import Final

from manifests.objects import Object, containers, key, of_kind, pod, workloads
from manifests.rules.rule import Problems, Rule

_SECRET: Final = re.compile(r"password|passwd|secret|token|private_?key|credential", re.IGNORECASE)
_IN_URL: Final = re.compile(r"://[^/\s@:]*:(?!\$\(\w+\)@)[^/\s@]+@")
"""A password in an address; one that the kubelet puts in is none yet."""
_LEAST_ID: Final = 10_000
_TEMPORARY: Final = "/tmp"  # noqa: S108 - a mount in a pod


def nobody_is_root(objects: Sequence[Object]) -> Problems:
    """Nor becomes root, nor has a capability, nor a root file system to write to."""
    for workload in workloads(objects):
        context = pod(workload).get("securityContext", {})
        ids = (context.get("runAsUser", 0), context.get("runAsGroup", 0))
        if context.get("runAsNonRoot") is not True or min(ids) <= _LEAST_ID:
            yield f"{key(workload)} may run as root, or as somebody of the node"
        if context.get("seccompProfile") != {"type": "RuntimeDefault"}:
            yield f"{key(workload)} may use every system call"
        if "sysctls" in context:
            yield f"{key(workload)} sets sysctls, which a cluster has to be asked for"
        for container in containers(workload):
            if container.get("securityContext") != {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }:
                yield f"{key(workload)} {container['name']} may become more than it is"


def only_tmp_and_data_are_written(objects: Sequence[Object]) -> Problems:
    """And nothing of the node is mounted; what is temporary has a size."""
    for workload in workloads(objects):
        for container in containers(workload):
            mounts = container["volumeMounts"]
            writable = {mount["mountPath"] for mount in mounts if not mount.get("readOnly")}
            if not {_TEMPORARY} <= writable <= {_TEMPORARY, "/data"}:
                yield f"{key(workload)} {container['name']} writes to {sorted(writable)}"
        for volume in pod(workload)["volumes"]:
            if "hostPath" in volume or "sizeLimit" not in volume.get("emptyDir", {"sizeLimit": 0}):
                yield f"{key(workload)} {volume['name']} reaches into the node"


def nobody_speaks_to_the_api_server(objects: Sequence[Object]) -> Problems:
    """No pod gets a token."""
    for item in workloads(objects):
        if pod(item).get("automountServiceAccountToken") is not False:
            yield f"{key(item)} has a token"
    for item in of_kind(objects, "ServiceAccount"):
        if item.get("automountServiceAccountToken") is not False:
            yield f"{key(item)} gives tokens away"


def no_service_name_becomes_a_setting(objects: Sequence[Object]) -> Problems:
    """A Service named feed would set ``FEED_PORT=tcp://…``, which is no port."""
    for workload in workloads(objects):
        if pod(workload).get("enableServiceLinks") is not False:
            yield f"{key(workload)} gets the Services' addresses as settings"


def images_have_a_version(objects: Sequence[Object]) -> Problems:
    """A registry, a name, and a version or a digest: never what happens to be newest."""
    for workload in workloads(objects):
        for container in containers(workload):
            image = container["image"]
            registry, _, rest = image.partition("/")
            name = re.fullmatch(
                r"[\w./-]+(:\d+\.\d+\.\d+(-[a-z0-9.]+)?|@sha256:[0-9a-f]{64})", rest
            )
            if name is None or not ("." in registry or registry == "localhost"):
                yield f"{key(workload)} {image}"


def no_secret_is_written_down(objects: Sequence[Object]) -> Problems:
    """Not as a Secret, not in a ConfigMap, not in an environment."""
    for item in of_kind(objects, "Secret"):
        yield f"{key(item)} is a secret for everybody who reads this"
    for item in of_kind(objects, "ConfigMap"):
        for name, value in item["data"].items():
            if _SECRET.search(name) or _IN_URL.search(value):
                yield f"{key(item)} {name} holds a secret"
    for workload in workloads(objects):
        for container in containers(workload):
            for variable in container.get("env", ()):
                value = variable.get("value", "")
                if value and (_SECRET.search(variable["name"]) or _IN_URL.search(value)):
                    yield f"{key(workload)} {variable['name']} holds a secret"


RULES: Final[tuple[Rule, ...]] = (
    nobody_is_root,
    only_tmp_and_data_are_written,
    nobody_speaks_to_the_api_server,
    no_service_name_becomes_a_setting,
    images_have_a_version,
    no_secret_is_written_down,
)
