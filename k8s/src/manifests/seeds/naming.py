"""Mistakes in names that should lead somewhere."""

from manifests.seeds.seed import Objects, container, get, seeds, spec, variable


@seeds("objects_are_there_once")
def twice(objects: Objects) -> None:
    objects.append(get(objects, "Service/feed"))


@seeds("selectors_take_one_workload")
def service_of_nobody(objects: Objects) -> None:
    get(objects, "Service/feed")["spec"]["selector"] = {"app": "feed"}


@seeds("selectors_take_one_workload")
def service_of_all(objects: Objects) -> None:
    get(objects, "Service/feed")["spec"]["selector"] = {"app.kubernetes.io/part-of": "airwave"}


@seeds("workloads_select_their_own_pods")
def spreads_others(objects: Objects) -> None:
    spread = spec(objects, "Deployment/chat")["topologySpreadConstraints"]
    spread[0]["labelSelector"]["matchLabels"] = {"app.kubernetes.io/name": "feed"}


@seeds("ports_have_names")
def port_without_a_name(objects: Objects) -> None:
    del container(objects, "StatefulSet/nats")["ports"][0]["name"]


@seeds("ports_have_names")
def leads_to_no_port(objects: Objects) -> None:
    get(objects, "Service/chat")["spec"]["ports"][0]["targetPort"] = "web"


@seeds("ports_have_names")
def monitors_no_port(objects: Objects) -> None:
    get(objects, "PodMonitor/feed")["spec"]["podMetricsEndpoints"][0]["port"] = "metrics"


@seeds("services_hide_admin_ports")
def admin_for_everybody(objects: Objects) -> None:
    get(objects, "Service/feed")["spec"]["ports"][0]["targetPort"] = "admin"


@seeds("what_pods_name_exists")
def no_such_account(objects: Objects) -> None:
    spec(objects, "Deployment/feed")["serviceAccountName"] = "nobody"


@seeds("what_pods_name_exists")
def no_such_configuration(objects: Objects) -> None:
    container(objects, "Job/loadtest-master")["envFrom"][0]["configMapRef"]["name"] = "loadtest"


@seeds("what_pods_name_exists")
def volume_that_nobody_mounts(objects: Objects) -> None:
    spec(objects, "Deployment/chat")["volumes"].append({"name": "cache", "emptyDir": {}})


@seeds("secrets_are_known")
def no_such_secret(objects: Objects) -> None:
    password = variable(objects, "Deployment/feed", "NATS_PASSWORD")
    password["valueFrom"]["secretKeyRef"]["name"] = "nats-pasword"


@seeds("secrets_are_known")
def no_such_key(objects: Objects) -> None:
    password = variable(objects, "Deployment/feed", "NATS_PASSWORD")
    password["valueFrom"]["secretKeyRef"]["key"] = "fead"


@seeds("secrets_are_known")
def no_such_certificate(objects: Objects) -> None:
    get(objects, "Certificate/nats")["spec"]["secretName"] = "tls"


@seeds("variables_are_known_where_they_are_used")
def password_below_its_use(objects: Objects) -> None:
    container(objects, "Deployment/chat")["env"].reverse()


@seeds("variables_are_known_where_they_are_used")
def argument_of_nothing(objects: Objects) -> None:
    container(objects, "StatefulSet/nats")["args"].append("$(NODE_NAME)")


@seeds("configuration_rolls_pods")
def configuration_without_a_hash(objects: Objects) -> None:
    for item in objects:
        if item["kind"] == "ConfigMap":
            item["metadata"]["name"] = item["metadata"]["name"].rpartition("-")[0]
