"""Mistakes in what pods run with, and how many there are."""

import copy

from manifests.seeds.seed import Objects, config, container, get, seeds, variable


@seeds("services_start_on_their_configuration")
def misspelt_setting(objects: Objects) -> None:
    config(objects, "feed")["FEED_DRAIN_WINDWO"] = "60"


@seeds("services_start_on_their_configuration")
def address_of_no_sentinel(objects: Objects) -> None:
    url = variable(objects, "Deployment/chat", "CHAT_REDIS_URL")
    url["value"] = "redis+sentinel://valkey-sentinel-0.valkey-sentinel"


@seeds("services_start_on_their_configuration")
def deaf_to_the_kubelet(objects: Objects) -> None:
    del config(objects, "producer")["PRODUCER_ADMIN_HOST"]


@seeds("ports_are_those_that_are_opened")
def another_port(objects: Objects) -> None:
    config(objects, "feed")["FEED_PORT"] = "8100"


@seeds("memory_holds_what_is_admitted")
def too_many_connections(objects: Objects) -> None:
    config(objects, "feed")["FEED_CONNECTIONS"] = "50000"


@seeds("memory_is_limited_and_cpu_is_not")
def cpu_limit(objects: Objects) -> None:
    container(objects, "Deployment/chat")["resources"]["limits"]["cpu"] = "1"


@seeds("memory_is_limited_and_cpu_is_not")
def asks_for_nothing(objects: Objects) -> None:
    del container(objects, "StatefulSet/valkey-sentinel")["resources"]["requests"]


@seeds("autoscalers_decide_alone")
def replicas_beside(objects: Objects) -> None:
    get(objects, "Deployment/feed")["spec"]["replicas"] = 3


@seeds("autoscalers_decide_alone")
def two_autoscalers(objects: Objects) -> None:
    other = copy.deepcopy(get(objects, "HorizontalPodAutoscaler/feed"))
    objects.append({**other, "kind": "ScaledObject"})


@seeds("autoscalers_decide_alone")
def scales_nobody(objects: Objects) -> None:
    get(objects, "HorizontalPodAutoscaler/chat")["spec"]["scaleTargetRef"]["name"] = "chats"


@seeds("autoscalers_shrink_slowly")
def in_a_hurry(objects: Objects) -> None:
    behavior = get(objects, "HorizontalPodAutoscaler/feed")["spec"]["behavior"]
    behavior["scaleDown"]["stabilizationWindowSeconds"] = 300


@seeds("autoscalers_see_connections_and_cpu")
def cpu_alone(objects: Objects) -> None:
    get(objects, "HorizontalPodAutoscaler/feed")["spec"]["metrics"].pop(0)


@seeds("several_are_never_all_taken")
def no_budget(objects: Objects) -> None:
    objects.remove(get(objects, "PodDisruptionBudget/feed"))


@seeds("several_are_never_all_taken")
def generous_budget(objects: Objects) -> None:
    get(objects, "PodDisruptionBudget/nats")["spec"]["maxUnavailable"] = 2
