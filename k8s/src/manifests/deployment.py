"""An overlay brought into a cluster and out of it again, and its services scaled."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import yaml

from infra.passwords import password
from manifests import custom, folders, kustomize, secrets
from manifests.kubectl import Cluster, ClusterError, Kubectl, KubectlError
from manifests.objects import Object, key, of_kind, parse, served

Say = Callable[[str], None]
SCALABLE: Final = ("feed", "chat", "dashboard")
WHY_NOT: Final = {
    "producer": "two producers would publish every simulated sensor twice",
    "nats": "its number is part of its configuration: use the component nats-cluster",
    "valkey": "its number is part of its configuration: use the component valkey-sentinel",
}
NOBODYS: Final = re.compile(r"registry\.example\.com/[\w/.-]+|airwave\.example\.com")
"""What an overlay has to replace before it can be applied (RFC 2606)."""
ROLLOUT: Final = "10m"


def load(overlay: str) -> list[Object]:
    """The objects of an overlay.

    Raises:
        ClusterError: there is no such overlay.
        KustomizeError: it does not render.
    """
    if overlay not in folders.overlays():
        message = f"there is no overlay {overlay}; there are {', '.join(folders.overlays())}"
        raise ClusterError(message)
    return parse(kustomize.render(folders.K8S / "overlays" / overlay))


def namespace(objects: Iterable[Object]) -> str:
    """The namespace that an overlay makes."""
    (found,) = of_kind(objects, "Namespace")
    name: str = found["metadata"]["name"]
    return name


def deploy(kubectl: Kubectl, overlay: str, say: Say) -> None:
    """Apply an overlay and wait until all of it runs.

    Raises:
        ClusterError: something that it needs is missing, and nothing was applied; or not all of it
            came up.
    """
    objects = load(overlay)
    check_ours(objects)
    say(_where(kubectl.cluster(), overlay))
    check_definitions(kubectl, objects)
    check_secrets(kubectl, objects, overlay)
    within = ("--namespace", namespace(objects))
    if jobs := [item["metadata"]["name"] for item in of_kind(objects, "Job")]:
        # A Job can't be changed; one that is done is made anew.
        kubectl.run("delete", "job", *jobs, *within, "--ignore-not-found")
    kubectl.run("apply", "--filename", "-", stdin=_yaml(objects), show=True)
    for workload in served(objects):
        name = key(workload).lower()
        kubectl.run("rollout", "status", name, *within, f"--timeout={ROLLOUT}", show=True)
    for job in jobs:
        if not job.startswith("loadtest"):
            done = ("--for=condition=complete", f"--timeout={ROLLOUT}")
            kubectl.run("wait", f"job/{job}", *within, *done, show=True)
    say("all of it runs")


def undeploy(kubectl: Kubectl, overlay: str, say: Say, *, data: bool) -> None:
    """Remove an overlay; its volumes and passwords stay, unless ``data`` goes, too.

    Raises:
        ClusterError: no cluster, or it refuses.
    """
    objects = load(overlay)
    say(_where(kubectl.cluster(), overlay))
    space = namespace(objects)
    if data:
        kubectl.run("delete", "namespace", space, "--ignore-not-found", show=True)
        say(f"the namespace {space} is gone, with every reading, message and password in it")
        return
    rest = [item for item in objects if item["kind"] != "Namespace"]
    kubectl.run("delete", "--ignore-not-found", "--filename", "-", stdin=_yaml(rest), show=True)
    say(f"volumes and passwords are still in the namespace {space}; DATA=delete removes them")


def scale(kubectl: Kubectl, overlay: str, service: str, replicas: int, say: Say) -> None:
    """Set how many replicas of ``service`` there are.

    Raises:
        ClusterError: it is none that can be scaled so, or an autoscaler decides.
    """
    if service not in SCALABLE:
        reason = WHY_NOT.get(service, f"it is none of {', '.join(SCALABLE)}")
        message = f"{service} is not scaled by hand: {reason}"
        raise ClusterError(message)
    within = ("--namespace", namespace(load(overlay)))
    say(_where(kubectl.cluster(), overlay))
    for item in kubectl.ask("get", "horizontalpodautoscaler", *within)["items"]:
        spec = item["spec"]
        if spec["scaleTargetRef"]["name"] == service:
            message = (
                f"{service} is scaled by {item['metadata']['name']} (HorizontalPodAutoscaler, "
                f"{spec.get('minReplicas', 1)} to {spec['maxReplicas']}), which would undo it; "
                "change its bounds in the overlay"
            )
            raise ClusterError(message)
    name = f"deployment/{service}"
    kubectl.run("scale", name, f"--replicas={replicas}", *within, show=True)
    kubectl.run("rollout", "status", name, *within, f"--timeout={ROLLOUT}", show=True)
    say(f"the next deployment sets it back to what overlays/{overlay} says (replicas:)")


def make_secrets(kubectl: Kubectl, overlay: str, say: Say) -> None:
    """Make the passwords that an overlay needs and the cluster has not; those it has stay.

    Raises:
        ClusterError: no cluster, or it refuses.
    """
    objects = load(overlay)
    say(_where(kubectl.cluster(), overlay))
    space = [item for item in objects if item["kind"] == "Namespace"]
    kubectl.run("apply", "--filename", "-", stdin=_yaml(space), show=True)
    for name in missing_secrets(kubectl, objects):
        values = {who: password() for who in secrets.PASSWORDS[name]}
        # From its standard input: an argument could be read by everybody on this machine.
        made = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": name, "namespace": namespace(objects)},
            "stringData": values,
        }
        kubectl.run("create", "--filename", "-", stdin=json.dumps(made))
        say(f"secret/{name} made, with passwords for {', '.join(values)}")
    say("nothing is missing")


def missing_secrets(kubectl: Kubectl, objects: Sequence[Object]) -> list[str]:
    """The passwords that are named and that the cluster has not."""
    found = kubectl.ask("get", "secret", "--namespace", namespace(objects))["items"]
    there = {item["metadata"]["name"] for item in found}
    return sorted((secrets.named_in(objects) & set(secrets.PASSWORDS)) - there)


def check_ours(objects: Sequence[Object]) -> None:
    """Nothing in it is an example's.

    Raises:
        ClusterError: names what is.
    """
    if found := sorted(set(NOBODYS.findall(_yaml(objects)))):
        message = f"the overlay still has {', '.join(found)}: put yours there (marked YOURS)"
        raise ClusterError(message)


def check_definitions(kubectl: Kubectl, objects: Sequence[Object]) -> None:
    """The cluster knows every kind.

    Raises:
        ClusterError: names the CustomResourceDefinitions that are missing.
    """
    needed = {custom.definition(item) for item in objects if custom.known(item)}
    listed = kubectl.ask("get", "customresourcedefinition")["items"] if needed else []
    there = {item["metadata"]["name"] for item in listed}
    if lacking := sorted(needed - there):
        message = (
            f"the cluster does not know {', '.join(lacking)}: install what brings them first (the "
            "README of the component says what that is)"
        )
        raise ClusterError(message)


def check_secrets(kubectl: Kubectl, objects: Sequence[Object], overlay: str) -> None:
    """The cluster has every password.

    Raises:
        ClusterError: names those that are missing.
    """
    try:
        lacking = missing_secrets(kubectl, objects)
    except KubectlError:  # no namespace yet, or no right to look
        lacking = sorted(secrets.named_in(objects) & set(secrets.PASSWORDS))
    if lacking:
        message = f"secrets are missing: {', '.join(lacking)}; make secrets OVERLAY={overlay}"
        raise ClusterError(message)


def _where(cluster: Cluster, overlay: str) -> str:
    return f"overlay {overlay}, context {cluster.context} (Kubernetes {cluster.version})"


def _yaml(objects: Iterable[Object]) -> str:
    return yaml.safe_dump_all([dict(item) for item in objects], sort_keys=False)
