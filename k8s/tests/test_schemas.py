"""What is rendered is what the API server takes, and nothing that it would silently drop."""

import copy
import json

import kubernetes_validate  # type: ignore[import-untyped]
import pytest

from manifests import custom
from manifests.objects import Object, key, of_kind

SUPPORTED = ("1.35", "1.36", "1.37")
_CHECKED: set[tuple[str, str]] = set()
"""Most objects are the same in every combination: each is checked once."""


def _is_new(item: Object, version: str) -> bool:
    case = (version, json.dumps(item, sort_keys=True))
    if case in _CHECKED:
        return False
    _CHECKED.add(case)
    return True


@pytest.mark.parametrize("version", SUPPORTED)
def test_every_object_fits_the_schema_strictly(objects: list[Object], version: str) -> None:
    for item in objects:
        if not custom.known(item) and _is_new(item, version):
            assert kubernetes_validate.validate(dict(item), version, strict=True) == version, key(
                item
            )


def test_every_custom_resource_fits_its_schema_strictly(objects: list[Object]) -> None:
    for item in objects:
        if custom.known(item):
            custom.validate(item)
            assert not custom.cluster_scoped(item), "an overlay's namespace would be put on it"


def test_a_custom_resource_of_each_kind_is_checked(everything: list[Object]) -> None:
    kinds = {item["kind"] for item in everything if custom.known(item)}
    assert kinds >= {"Gateway", "HTTPRoute", "PodMonitor", "PrometheusRule", "Certificate"}


def test_the_newest_schemas_are_the_ones_that_are_used() -> None:
    assert kubernetes_validate.latest_version().startswith(SUPPORTED[-1])


@pytest.mark.parametrize("version", SUPPORTED)
def test_a_field_that_does_not_exist_is_found(local: list[Object], version: str) -> None:
    wrong = copy.deepcopy(dict(of_kind(local, "Deployment")[0]))
    wrong["spec"]["template"]["spec"]["terminationGracePeriod"] = 90
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, version, strict=True)
