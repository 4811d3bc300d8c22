"""What is rendered is what the API server takes, and nothing that it would silently drop."""

import copy

import kubernetes_validate  # type: ignore[import-untyped]
import pytest

from manifests.objects import Object, key, of_kind

SUPPORTED = ("1.35", "1.36", "1.37")


@pytest.mark.parametrize("version", SUPPORTED)
def test_every_object_fits_the_schema_strictly(objects: list[Object], version: str) -> None:
    for item in objects:
        assert kubernetes_validate.validate(dict(item), version, strict=True) == version, key(item)


def test_the_newest_schemas_are_the_ones_that_are_used() -> None:
    assert kubernetes_validate.latest_version().startswith(SUPPORTED[-1])


@pytest.mark.parametrize("version", SUPPORTED)
def test_a_field_that_does_not_exist_is_found(local: list[Object], version: str) -> None:
    wrong = copy.deepcopy(dict(of_kind(local, "Deployment")[0]))
    wrong["spec"]["template"]["spec"]["terminationGracePeriod"] = 90
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, version, strict=True)
