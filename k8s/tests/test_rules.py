"""Everything that is rendered keeps every rule, and the overlays a few more."""

from collections.abc import Callable

import pytest

from manifests.objects import Object, of_kind
from manifests.rules import RULES
from manifests.rules.running import settings_of


def test_all_rules_are_kept(objects: list[Object]) -> None:
    assert [f"{rule.__name__}: {line}" for rule in RULES for line in rule(objects)] == []


def test_rules_are_told_apart_by_their_names() -> None:
    assert len({rule.__name__ for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("overlay", ["overlays/local", "overlays/production"])
def test_an_overlay_enforces_the_same_of_everybody_in_its_namespace(
    rendered: Callable[[str], list[Object]], overlay: str
) -> None:
    objects = rendered(overlay)
    (namespace,) = of_kind(objects, "Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    others = [item for item in objects if item["kind"] != "Namespace"]
    assert {item["metadata"]["namespace"] for item in others} == {namespace["metadata"]["name"]}


@pytest.mark.parametrize("overlay", ["overlays/local", "overlays/production"])
@pytest.mark.parametrize("service", ["feed", "chat"])
def test_an_overlay_says_whose_forwarded_addresses_are_believed(
    rendered: Callable[[str], list[Object]], overlay: str, service: str
) -> None:
    # Otherwise the cap per address counts the edge, and all clients together are one.
    settings = settings_of(rendered(overlay), service).model_dump()
    assert settings["trusted_proxies"] != "127.0.0.1"


def test_in_production_no_service_may_make_a_stream(
    rendered: Callable[[str], list[Object]],
) -> None:
    objects = rendered("overlays/production")
    assert {settings_of(objects, name).nats_streams for name in ("producer", "feed", "chat")} == {
        "use"
    }
    assert [item["metadata"]["name"] for item in of_kind(objects, "Job")] == ["streams"]
