"""What a pod is given to run with."""

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any, Final

from manifests.objects import Object, configuration, containers, key, named, pod, workloads
from manifests.rules.rule import Problems, Rule
from realtime.settings import BadSettingsError, ServiceSettings, read_settings

SERVICES: Final = ("producer", "feed", "chat")
EVERYWHERE: Final = "0.0.0.0"  # noqa: S104 - within a pod
_MIB: Final = 1024 * 1024
MEASURED: Final = {"feed": (65 * _MIB, 36 * 1024), "chat": (75 * _MIB, 32 * 1024)}
"""Bytes of an idle process, and of each connection; the manifests say how it was measured."""
_UNITS: Final = {"Mi": _MIB, "Gi": 1024 * _MIB}
_ROOM: Final = 1.5


def settings_of(objects: Sequence[Object], service: str) -> ServiceSettings:
    """The settings that a service would start with.

    Raises:
        BadSettingsError: it would not start.
    """
    kind: type[ServiceSettings] = getattr(
        import_module(f"{service}.settings"), f"{service.capitalize()}Settings"
    )
    return read_settings(kind, configuration(objects, named(objects, "Deployment", service)))


def _settings(objects: Sequence[Object]) -> Iterator[tuple[Object, Any]]:
    """Each service's Deployment with its settings; those that would not start are left out."""
    for service in SERVICES:
        try:
            yield named(objects, "Deployment", service), settings_of(objects, service)
        except BadSettingsError:
            continue


def services_start_on_their_configuration(objects: Sequence[Object]) -> Problems:
    """Every name is a setting of the service, and every value one that it takes."""
    for service in SERVICES:
        try:
            settings = settings_of(objects, service)
        except BadSettingsError as error:
            yield f"Deployment/{service} does not start: {error}"
            continue
        # The kubelet and the Service come from outside the pod.
        if settings.admin_host != EVERYWHERE or settings.log_format != "json":
            yield f"Deployment/{service} can't be asked or read"


def ports_are_those_that_are_opened(objects: Sequence[Object]) -> Problems:
    """The manifest's ports are the settings'."""
    for workload, settings in _settings(objects):
        opened = {"admin": settings.admin_port}
        if hasattr(settings, "connections"):
            opened["http"] = settings.port
        (container,) = pod(workload)["containers"]
        if {port["name"]: port["containerPort"] for port in container["ports"]} != opened:
            yield f"{key(workload)} opens {opened}"


def memory_holds_what_is_admitted(objects: Sequence[Object]) -> Problems:
    """Half as much again as the measured connections and a full ring need."""
    for workload, settings in _settings(objects):
        if (measured := MEASURED.get(workload["metadata"]["name"])) is None:
            continue
        idle, each = measured
        needed = idle + settings.connections * each + settings.ring_bytes
        (container,) = pod(workload)["containers"]
        limit = container["resources"]["limits"]["memory"]
        if int(limit[:-2]) * _UNITS[limit[-2:]] < _ROOM * needed:
            yield f"{key(workload)} is killed when it is full: {limit}"


def memory_is_limited_and_cpu_is_not(objects: Sequence[Object]) -> Problems:
    """A CPU limit stops an event loop in the middle of a flush, for everybody it serves."""
    for workload in workloads(objects):
        for container in containers(workload):
            resources = container.get("resources", {})
            if set(resources.get("requests", ())) != {"cpu", "memory"}:
                yield f"{key(workload)} {container['name']} asks for nothing"
            if set(resources.get("limits", ())) != {"memory"}:
                yield f"{key(workload)} {container['name']} has limits other than memory"


RULES: Final[tuple[Rule, ...]] = (
    services_start_on_their_configuration,
    ports_are_those_that_are_opened,
    memory_holds_what_is_admitted,
    memory_is_limited_and_cpu_is_not,
)
