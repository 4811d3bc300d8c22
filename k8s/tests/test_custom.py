"""The schemas of custom resources find what the API server would silently drop, or refuse."""

import copy
from typing import Any

import pytest

from manifests.custom import CustomResourceError, cluster_scoped, known, validate
from manifests.objects import parse

ROUTE = """
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: feed-stream}
spec:
  parentRefs: [{name: airwave}]
  rules:
    - matches: [{path: {type: Exact, value: /feed/readings}}]
      timeouts: {request: 0s}
      backendRefs: [{name: feed, port: 8101}]
"""


@pytest.fixture
def route() -> dict[str, Any]:
    return copy.deepcopy(dict(parse(ROUTE)[0]))


def test_what_is_right_passes(route: dict[str, Any]) -> None:
    validate(route)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("timeout", {"request": "0s"}, "'timeout' was unexpected"),
        ("timeouts", {"requset": "0s"}, "'requset' was unexpected"),
        ("timeouts", {"request": "0 seconds"}, "does not match"),
        ("timeouts", "0s", "is not of type 'object'"),
    ],
)
def test_a_wrong_field_or_value_is_named(
    route: dict[str, Any], field: str, value: object, said: str
) -> None:
    route["spec"]["rules"][0][field] = value
    with pytest.raises(CustomResourceError, match=said):
        validate(route)


def test_an_object_without_a_specification_is_refused(route: dict[str, Any]) -> None:
    del route["spec"]
    with pytest.raises(CustomResourceError, match="'spec' is a required property"):
        validate(route)


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        ("gateway.networking.k8s.io/v1", "Gateway"),
        ("gateway.networking.k8s.io/v1", "ReferenceGrant"),
        ("gateway.envoyproxy.io/v1alpha1", "BackendTrafficPolicy"),
        ("gateway.envoyproxy.io/v1alpha1", "ClientTrafficPolicy"),
        ("gateway.envoyproxy.io/v1alpha1", "EnvoyProxy"),
        ("gateway.nginx.org/v1alpha1", "ProxySettingsPolicy"),
    ],
)
def test_every_kind_closes_its_specification(version: str, kind: str) -> None:
    item = {"apiVersion": version, "kind": kind, "metadata": {"name": "x"}, "spec": {"nobody": 1}}
    assert known(item)
    assert not cluster_scoped(item)
    with pytest.raises(CustomResourceError, match="'nobody' was unexpected"):
        validate(item)


def test_only_classes_stand_outside_namespaces() -> None:
    item = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "GatewayClass"}
    assert cluster_scoped(item)


def test_other_kinds_and_versions_are_not_known() -> None:
    assert not known({"apiVersion": "gateway.networking.k8s.io/v1beta9", "kind": "HTTPRoute"})
    assert not known({"apiVersion": "apps/v1", "kind": "Deployment"})
