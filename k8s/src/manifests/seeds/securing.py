"""Mistakes that open something."""

from manifests.seeds.seed import Objects, config, container, seeds, spec, variable


@seeds("nobody_is_root")
def root(objects: Objects) -> None:
    spec(objects, "Deployment/feed")["securityContext"]["runAsUser"] = 0


@seeds("nobody_is_root")
def capable(objects: Objects) -> None:
    context = spec(objects, "StatefulSet/valkey")["initContainers"][0]["securityContext"]
    context["capabilities"] = {"add": ["NET_ADMIN"]}


@seeds("nobody_is_root")
def sysctls(objects: Objects) -> None:
    context = spec(objects, "Deployment/feed")["securityContext"]
    context["sysctls"] = [{"name": "net.core.somaxconn", "value": "65535"}]


@seeds("nobody_is_root")
def no_seccomp(objects: Objects) -> None:
    del spec(objects, "Job/loadtest-worker")["securityContext"]["seccompProfile"]


@seeds("only_tmp_and_data_are_written")
def of_the_node(objects: Objects) -> None:
    spec(objects, "Deployment/feed")["volumes"][0] = {"name": "tmp", "hostPath": {"path": "/var"}}


@seeds("only_tmp_and_data_are_written")
def writable_configuration(objects: Objects) -> None:
    del container(objects, "StatefulSet/nats")["volumeMounts"][0]["readOnly"]


@seeds("nobody_speaks_to_the_api_server")
def token(objects: Objects) -> None:
    del spec(objects, "Deployment/producer")["automountServiceAccountToken"]


@seeds("no_service_name_becomes_a_setting")
def links(objects: Objects) -> None:
    del spec(objects, "Deployment/feed")["enableServiceLinks"]


@seeds("images_have_a_version")
def latest(objects: Objects) -> None:
    container(objects, "Deployment/feed")["image"] = "registry.example.com/airwave/feed:latest"


@seeds("images_have_a_version")
def whatever(objects: Objects) -> None:
    container(objects, "StatefulSet/nats")["image"] = "nats"


@seeds("no_secret_is_written_down")
def secret(objects: Objects) -> None:
    objects.append({"kind": "Secret", "metadata": {"name": "x"}, "stringData": {"a": "b"}})


@seeds("no_secret_is_written_down")
def password_in_an_address(objects: Objects) -> None:
    config(objects, "feed")["FEED_NATS_URL"] = "nats://feed:hunter2@nats:4222"


@seeds("no_secret_is_written_down")
def password_in_the_environment(objects: Objects) -> None:
    url = variable(objects, "Deployment/feed", "FEED_NATS_URL")
    url["value"] = "tls://feed:hunter2@nats:4222"


@seeds("no_secret_is_written_down")
def password_as_a_value(objects: Objects) -> None:
    container(objects, "Deployment/feed")["env"].append({"name": "API_TOKEN", "value": "hunter2"})
