"""What a pod is given are settings that its service knows, and they fit the pod around it."""

from importlib import import_module

import pytest

from manifests.objects import Object, containers, of_kind
from realtime.settings import BadSettingsError, ServiceSettings, read_settings

SERVICES = ("producer", "feed", "chat")
STREAMING = ("feed", "chat")
MIB = 1024 * 1024
MEASURED = {"feed": (65 * MIB, 36 * 1024), "chat": (75 * MIB, 32 * 1024)}
"""Bytes of an idle process, and of each connection; the manifests say how it was measured."""
UNITS = {"Mi": MIB, "Gi": 1024 * MIB}


def _kind(service: str) -> type[ServiceSettings]:
    kind: type[ServiceSettings] = getattr(
        import_module(f"{service}.settings"), f"{service.capitalize()}Settings"
    )
    return kind


def _configuration(objects: list[Object], service: str) -> dict[str, str]:
    (found,) = (
        item["data"]
        for item in of_kind(objects, "ConfigMap")
        if item["metadata"]["name"].startswith(f"{service}-")
    )
    return dict(found)


def _settings(objects: list[Object], service: str) -> ServiceSettings:
    return read_settings(_kind(service), _configuration(objects, service))


def _container(objects: list[Object], service: str) -> Object:
    (found,) = (
        container
        for item in of_kind(objects, "Deployment")
        if item["metadata"]["name"] == service
        for container in containers(item)
    )
    return found


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_starts_on_its_configuration(objects: list[Object], service: str) -> None:
    settings = _settings(objects, service)
    # The kubelet and the Service come from outside the pod.
    assert settings.admin_host == "0.0.0.0"
    assert settings.log_format == "json"


@pytest.mark.parametrize("service", SERVICES)
def test_a_name_that_no_service_knows_is_found(local: list[Object], service: str) -> None:
    wrong = {**_configuration(local, service), f"{service.upper()}_DRAIN_WINDWO": "60"}
    with pytest.raises(BadSettingsError):
        read_settings(_kind(service), wrong)


@pytest.mark.parametrize("service", SERVICES)
def test_the_ports_are_those_that_the_service_opens(objects: list[Object], service: str) -> None:
    settings = _settings(objects, service)
    opened = {"admin": getattr(settings, "admin_port")}  # noqa: B009 - each service has its own
    if service in STREAMING:
        opened["http"] = getattr(settings, "port")  # noqa: B009 - as above
        assert settings.host == "0.0.0.0"
    ports = _container(objects, service)["ports"]
    assert {port["name"]: port["containerPort"] for port in ports} == opened


@pytest.mark.parametrize("service", STREAMING)
def test_an_overlay_says_whose_forwarded_addresses_are_believed(
    local: list[Object], service: str
) -> None:
    # Otherwise the cap per address counts the edge, and all clients together are one.
    assert _configuration(local, service)[f"{service.upper()}_TRUSTED_PROXIES"]


@pytest.mark.parametrize("service", STREAMING)
def test_memory_holds_what_the_settings_admit(objects: list[Object], service: str) -> None:
    settings = _settings(objects, service).model_dump()
    idle, each = MEASURED[service]
    needed = idle + settings["connections"] * each + settings["ring_bytes"]
    limit = _container(objects, service)["resources"]["limits"]["memory"]
    assert int(limit[:-2]) * UNITS[limit[-2:]] >= 1.5 * needed
