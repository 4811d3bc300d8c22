"""What must be true of the compose file, each rule on its own, as for the manifests in `k8s/`."""

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any, Final
from urllib.parse import urlsplit

import yaml

from chat.settings import ChatSettings
from feed.settings import FeedSettings
from infra.edge.timeouts import load
from infra.images.configuration import LOWEST_USER
from infra.images.recipe import RECIPES
from infra.repository import ROOT
from producer.settings import ProducerSettings
from realtime.settings import BadSettingsError, ServiceSettings, read_settings
from systemtests.compose.document import Document, Service, seconds

Problems = Iterator[str]
Rule = Callable[[Document], Problems]

SETTINGS: Final[dict[str, type[ServiceSettings]]] = {
    "producer": ProducerSettings,
    "feed": FeedSettings,
    "chat": ChatSettings,
}
STREAMING: Final = ("feed", "chat")
TOGETHER: Final = {
    *(("edge", "feed"), ("chat", "edge")),
    *(("nats", "streams"), ("nats", "producer"), ("feed", "nats"), ("chat", "nats")),
    ("chat", "valkey"),
    # On the networks of the arrows above, and harmless: neither opens a port to them.
    *(("chat", "feed"), ("chat", "producer"), ("feed", "producer")),
    *(("chat", "streams"), ("feed", "streams"), ("producer", "streams")),
}
"""Who shares a network, by name: the arrows of the architecture, and what follows from them."""
_PUBLISHED: Final = {"edge": ("8080",), "nats": ("1883",)}
_KUSTOMIZATION: Final = ROOT / "k8s" / "base" / "kustomization.yaml"


def _services(document: Document) -> Iterator[tuple[str, Service]]:
    yield from document["services"].items()


def _settings(document: Document, name: str) -> Any:
    return read_settings(SETTINGS[name], document["services"][name]["environment"])


def services_start_on_their_environment(document: Document) -> Problems:
    """Every name is a setting, every value one that it takes."""
    for name in SETTINGS:
        try:
            _settings(document, name)
        except BadSettingsError as error:
            yield f"{name} does not start: {error}"


def addresses_are_services_within_reach(document: Document) -> Problems:
    """Each address names a service on a common network, at the port that it opens."""
    ports = {"nats": 4222, "valkey": 6379}
    for name, service in _services(document):
        for setting, value in service.get("environment", {}).items():
            address = urlsplit(str(value))
            if not address.hostname:
                continue
            if ports.get(address.hostname) != address.port:
                yield f"{name} {setting} leads to {address.hostname}:{address.port}"
            elif not _shared(document, name, address.hostname):
                yield f"{name} {setting} leads to {address.hostname}, on another network"


def grace_holds_the_drain(document: Document) -> Problems:
    """Pause, window and the margin for what hangs fit in before the kill."""
    margin = load().drain.margin.total_seconds()
    for name in STREAMING:
        try:
            given = _settings(document, name)
        except BadSettingsError:
            continue
        needed = (given.drain_pause + given.drain_window).total_seconds() + margin
        if seconds(document["services"][name].get("stop_grace_period")) < needed:
            yield f"{name} is killed while its clients leave"


def streams_leave_before_the_edge(document: Document) -> Problems:
    """Whoever depends on another is stopped first."""
    for name in STREAMING:
        if "edge" not in document["services"][name]["depends_on"]:
            yield f"{name} loses its edge before it has said farewell"
    if document["services"]["edge"].get("depends_on"):
        yield "the edge leaves first"


def dependencies_exist(document: Document) -> Problems:
    """Whoever is waited for is there, and says when it is well if that is waited for."""
    for name, service in _services(document):
        for other, wanted in service.get("depends_on", {}).items():
            there = document["services"].get(other)
            if there is None:
                yield f"{name} waits for {other}, which is not there"
            elif wanted["condition"] == "service_healthy" and "healthcheck" not in there:
                yield f"{name} waits for {other} to be well, which nobody asks"


def health_is_asked_as_in_a_cluster(document: Document) -> Problems:
    """At the admin port, as often and as patiently as the timeouts file says."""
    probe = load().probe
    period = probe.ready_period.total_seconds()
    start = probe.startup_period.total_seconds()
    wanted = (period, probe.ready_failures, start * probe.startup_failures, start)
    for name, service in _services(document):
        if name in ("owners", "streams"):
            continue
        asked = service.get("healthcheck", {})
        times = [seconds(asked.get(key)) for key in ("interval", "start_period", "start_interval")]
        if (times[0], asked.get("retries"), *times[1:]) != wanted:
            yield f"{name} is asked at other times than infra/edge/timeouts.toml has"
        if name in SETTINGS:
            port = _port_of_admin(document, name)
            if f"http://127.0.0.1:{port}/readyz" not in " ".join(asked.get("test", ())):
                yield f"{name} is not asked at its admin port {port}"


def _port_of_admin(document: Document, name: str) -> int:
    try:
        port: int = _settings(document, name).admin_port
    except BadSettingsError:
        return -1
    return port


def walls_stand(document: Document) -> Problems:
    """Nobody is root, has a capability, writes to the root, or may take all memory."""
    ours = {f"localhost/airwave/{name}" for name in RECIPES}
    for name, service in _services(document):
        image, _, _tag = service["image"].rpartition(":")
        if service.get("read_only") is not True or service.get("privileged"):
            yield f"{name} may write to its root"
        if service.get("cap_drop") != ["ALL"] or "no-new-privileges:true" not in service.get(
            "security_opt", ()
        ):
            yield f"{name} keeps rights"
        if name == "owners":
            if service.get("network_mode") != "none" or service.get("cap_add") != ["CHOWN"]:
                yield "owners may do more than give folders away"
            continue
        if service.get("cap_add"):
            yield f"{name} gets rights"
        user = str(service.get("user", "")).partition(":")[0]
        if image not in ours and not (user.isdecimal() and int(user) > LOWEST_USER):
            yield f"{name} is {user or 'whoever its image says'}"
        if "mem_limit" not in service:
            yield f"{name} may take all memory"


def networks_are_the_arrows(document: Document) -> Problems:
    """Who shares a network is who has to, and only front, with the edge, leads out."""
    names = [name for name, service in _services(document) if service.get("networks")]
    found = {pair for pair in combinations(sorted(names), 2) if _shared(document, *pair)}
    for pair in sorted(found ^ TOGETHER):
        yield f"{' and '.join(pair)} {'share' if pair in found else 'do not share'} a network"
    for name, network in document["networks"].items():
        if network.get("internal") is not True and name not in ("browsers", "devices"):
            yield f"network {name} leads out"


def _shared(document: Document, one: str, other: str) -> bool:
    sides = (document["services"][name].get("networks", ()) for name in (one, other))
    return bool(set.intersection(*map(set, sides)))


def only_loopback_is_published(document: Document) -> Problems:
    """The page, and MQTT for devices of this machine."""
    for name, service in _services(document):
        inner = tuple(port.rpartition(":")[2] for port in service.get("ports", ()))
        if inner != _PUBLISHED.get(name, ()):
            yield f"{name} publishes {inner}"
        if not all(port.startswith("127.0.0.1:") for port in service.get("ports", ())):
            yield f"{name} is open to the network"


def images_are_those_of_the_cluster(document: Document) -> Problems:
    """The same names and versions as in `k8s/base`; NATS with a shell for its health check."""
    base = yaml.safe_load(_KUSTOMIZATION.read_text(encoding="utf-8"))["images"]
    wanted = {f"{one['newName']}:{one['newTag']}".replace("-scratch", "-alpine") for one in base}
    used = {service["image"] for _, service in _services(document)}
    for image in sorted(used ^ wanted):
        yield f"{image} is only {'here' if image in used else 'in the cluster'}"


RULES: Final[tuple[Rule, ...]] = (
    services_start_on_their_environment,
    addresses_are_services_within_reach,
    grace_holds_the_drain,
    streams_leave_before_the_edge,
    dependencies_exist,
    health_is_asked_as_in_a_cluster,
    walls_stand,
    networks_are_the_arrows,
    only_loopback_is_published,
    images_are_those_of_the_cluster,
)
