"""Pod Security "restricted", and what it leaves open."""

import re

from manifests.objects import Object, containers, key, of_kind, pod, references, workloads

SECRET = re.compile(r"password|passwd|secret|token|private_?key|credential", re.IGNORECASE)
CREDENTIALS_IN_URL = re.compile(r"://[^/\s@]+@")


def test_nobody_is_root_or_becomes_root(objects: list[Object]) -> None:
    for workload in workloads(objects):
        context = pod(workload)["securityContext"]
        assert context["runAsNonRoot"] is True, key(workload)
        assert context["runAsUser"] > 10_000, key(workload)
        assert context["runAsGroup"] > 10_000, key(workload)
        assert context["seccompProfile"] == {"type": "RuntimeDefault"}, key(workload)
        assert "sysctls" not in context, key(workload)
        for container in containers(workload):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, key(workload)


def test_only_tmp_and_data_can_be_written(objects: list[Object]) -> None:
    for workload in workloads(objects):
        for container in containers(workload):
            writable = {m["mountPath"] for m in container["volumeMounts"] if not m.get("readOnly")}
            assert "/tmp" in writable, key(workload)  # noqa: S108 - a mount in a pod
            assert writable <= {"/tmp", "/data"}, key(workload)  # noqa: S108 - as above
        for volume in pod(workload)["volumes"]:
            assert "hostPath" not in volume, key(workload)
            assert "emptyDir" not in volume or "sizeLimit" in volume["emptyDir"], key(workload)


def test_no_pod_can_speak_to_the_api_server(objects: list[Object]) -> None:
    for workload in workloads(objects):
        assert pod(workload)["automountServiceAccountToken"] is False, key(workload)
    for account in of_kind(objects, "ServiceAccount"):
        assert account["automountServiceAccountToken"] is False, key(account)


def test_no_service_name_becomes_a_setting(objects: list[Object]) -> None:
    # A Service named feed would set FEED_PORT=tcp://…, which is no port.
    for workload in workloads(objects):
        assert pod(workload)["enableServiceLinks"] is False, key(workload)


def test_every_image_has_a_version(objects: list[Object]) -> None:
    for workload in workloads(objects):
        for container in containers(workload):
            registry, _, rest = container["image"].partition("/")
            assert registry in {"docker.io", "localhost"}, container["image"]
            name, _, tag = rest.partition(":")
            assert name
            assert re.fullmatch(r"\d+\.\d+\.\d+(-[a-z0-9.]+)?", tag), container["image"]


def test_memory_is_limited_and_cpu_is_not(objects: list[Object]) -> None:
    # A CPU limit stops an event loop in the middle of a flush, for everybody it serves.
    for workload in workloads(objects):
        for container in containers(workload):
            resources = container["resources"]
            assert set(resources["requests"]) == {"cpu", "memory"}, key(workload)
            assert set(resources["limits"]) == {"memory"}, key(workload)


def test_no_secret_is_written_down(objects: list[Object]) -> None:
    assert of_kind(objects, "Secret") == []
    for item in of_kind(objects, "ConfigMap"):
        for name, value in item["data"].items():
            assert not SECRET.search(name), f"{key(item)} {name}"
            assert not CREDENTIALS_IN_URL.search(value), f"{key(item)} {name}"
    for workload in workloads(objects):
        assert not list(references(pod(workload), ("secretKeyRef",)))
        for container in containers(workload):
            for variable in container.get("env", ()):
                assert "valueFrom" in variable or not SECRET.search(variable["name"])


def test_the_local_namespace_enforces_the_same(local: list[Object]) -> None:
    (namespace,) = of_kind(local, "Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    others = [item for item in local if item["kind"] != "Namespace"]
    assert {item["metadata"]["namespace"] for item in others} == {namespace["metadata"]["name"]}
