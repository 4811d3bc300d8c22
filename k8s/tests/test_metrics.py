"""Every metric that a manifest names is one that a service really has."""

import copy
import re
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from chat.app import create_app as create_chat
from chat.settings import ChatSettings
from chat.testing import MemoryDirectory, MemoryHistory, MemoryPresence
from feed.app import create_app as create_feed
from feed.settings import FeedSettings
from manifests.folders import COMPONENTS, K8S
from manifests.objects import Object, key
from manifests.rules.scaling import metrics_named
from producer.metrics import Metrics
from realtime.settings import read_settings
from realtime.testing import MemoryBroker

IN_TEXT = re.compile(r"\b(?:feed|chat|producer)_[a-z]+(?:_[a-z]+)*\b")


@pytest.fixture(scope="module")
def known() -> set[str]:
    """The names under which each service's registry shows what it has, as Prometheus stores it."""
    broker, url = MemoryBroker(), {"NATS_URL": "nats://nowhere"}
    feed = create_feed(
        read_settings(FeedSettings, {"FEED_" + k: v for k, v in url.items()}), broker
    )
    settings = {"CHAT_" + k: v for k, v in {**url, "REDIS_URL": "redis://nowhere"}.items()}
    chat = create_chat(
        read_settings(ChatSettings, settings),
        broker,
        MemoryHistory(),
        MemoryPresence(),
        MemoryDirectory(),
    )
    producer = CollectorRegistry()
    Metrics(producer).watch(spool=lambda: 0, in_flight=lambda: 0)
    return {name for one in (feed.registry, chat.registry, producer) for name in _names(one)}


def _names(registry: CollectorRegistry) -> set[str]:
    found = set()
    for family in registry.collect():
        # A counter with labels has no sample before the first count; its name is certain.
        found.add(family.name + ("_total" if family.type == "counter" else ""))
        if family.type == "histogram":
            found |= {f"{family.name}_{part}" for part in ("bucket", "count", "sum")}
    return found


def test_every_metric_of_a_rule_or_an_autoscaler_exists(
    objects: list[Object], known: set[str]
) -> None:
    assert {
        f"{key(item)}: {name}" for item, name in metrics_named(objects) if name not in known
    } == (set())


def test_guides_and_dashboards_name_metrics_that_exist(known: set[str]) -> None:
    dashboards = COMPONENTS.rglob("dashboards/*.json")
    for path in (*COMPONENTS.rglob("README.md"), K8S / "RUNBOOK.md", *dashboards):
        text = path.read_text()
        assert set(IN_TEXT.findall(text)) <= known, path


def test_rules_and_autoscalers_are_looked_at(everything: list[Object]) -> None:
    kinds = {item["kind"] for item, _ in metrics_named(everything)}
    assert kinds == {"PrometheusRule", "HorizontalPodAutoscaler"}
    assert len({name for _, name in metrics_named(everything)}) > 10


@pytest.mark.parametrize("kind", ["PrometheusRule", "HorizontalPodAutoscaler"])
def test_a_metric_that_nobody_has_is_noticed(
    everything: list[Object], known: set[str], kind: str
) -> None:
    wrong: list[Any] = copy.deepcopy(everything)
    for item in wrong:
        if item["kind"] == "PrometheusRule":
            item["spec"]["groups"][0]["rules"][0]["expr"] = "sum(feed_conections) > 0"
        if item["kind"] == "HorizontalPodAutoscaler":
            item["spec"]["metrics"][0]["pods"]["metric"]["name"] = "chat_sockets"
    found = {(item["kind"], name) for item, name in metrics_named(wrong) if name not in known}
    assert kind in {where for where, _ in found}
