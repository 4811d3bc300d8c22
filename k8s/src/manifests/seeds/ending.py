"""Mistakes in how pods are asked and how they end."""

from manifests.seeds.seed import Objects, config, container, get, seeds, spec


@seeds("probes_are_three_questions")
def live_asks_what_ready_asks(objects: Objects) -> None:
    container(objects, "Deployment/feed")["livenessProbe"]["httpGet"]["path"] = "/readyz"


@seeds("probes_are_three_questions")
def no_startup_probe(objects: Objects) -> None:
    del container(objects, "StatefulSet/nats")["startupProbe"]


@seeds("services_are_asked_on_the_admin_port")
def probes_on_the_public_port(objects: Objects) -> None:
    container(objects, "Deployment/chat")["readinessProbe"]["httpGet"]["port"] = "http"


@seeds("restarts_wait_longer_than_detours")
def killed_at_once(objects: Objects) -> None:
    container(objects, "Deployment/feed")["livenessProbe"]["failureThreshold"] = 1


@seeds("every_pod_says_how_long_it_needs")
def default_grace(objects: Objects) -> None:
    del spec(objects, "Job/streams")["terminationGracePeriodSeconds"]


@seeds("grace_holds_the_drain")
def grace_too_short(objects: Objects) -> None:
    spec(objects, "Deployment/feed")["terminationGracePeriodSeconds"] = 75


@seeds("grace_holds_the_drain")
def window_too_long(objects: Objects) -> None:
    config(objects, "chat")["CHAT_DRAIN_WINDOW"] = "120"


@seeds("traffic_ends_before_the_drain_begins")
def no_pause(objects: Objects) -> None:
    del container(objects, "Deployment/dashboard")["lifecycle"]


@seeds("traffic_ends_before_the_drain_begins")
def slow_to_notice(objects: Objects) -> None:
    container(objects, "Deployment/feed")["readinessProbe"]["periodSeconds"] = 30


@seeds("rollouts_add_before_they_take")
def takes_first(objects: Objects) -> None:
    rolling = get(objects, "Deployment/chat")["spec"]["strategy"]["rollingUpdate"]
    rolling["maxUnavailable"] = 1


@seeds("rollouts_add_before_they_take")
def two_producers(objects: Objects) -> None:
    get(objects, "Deployment/producer")["spec"]["strategy"] = {"type": "RollingUpdate"}


@seeds("slow_rollouts_are_not_called_failed")
def impatient(objects: Objects) -> None:
    get(objects, "Deployment/feed")["spec"]["progressDeadlineSeconds"] = 600


@seeds("servers_with_copies_leave_one_after_the_other")
def all_on_one_node(objects: Objects) -> None:
    spread = spec(objects, "StatefulSet/nats")["topologySpreadConstraints"]
    spread[0]["whenUnsatisfiable"] = "ScheduleAnyway"
