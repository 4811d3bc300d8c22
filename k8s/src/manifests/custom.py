"""Custom resources held against their published schemas, made strict.

The API server drops a field that a schema doesn't name; here it is an error, because a timeout
with a typing mistake in its name is no timeout.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import jsonschema  # type: ignore[import-untyped]

from manifests.objects import Object, key

SCHEMAS: Final = Path(__file__).parents[2] / "tests" / "crds"
"""The published CustomResourceDefinitions; its README says whose and which."""

_OPEN: Final = "x-kubernetes-preserve-unknown-fields"
_EITHER: Final = "x-kubernetes-int-or-string"
_NAMES: Final = ("properties", "patternProperties")
_ANY: Final[dict[str, Any]] = {}


class CustomResourceError(ValueError):
    """An object that its schema does not allow; ``problems`` are one line each."""

    def __init__(self, item: Object, problems: list[str]) -> None:
        self.problems = problems
        super().__init__(f"{key(item)}: {'; '.join(problems)}")


def known(item: Object) -> bool:
    """Whether there is a schema for the kind and version of ``item``."""
    return (item["apiVersion"], item["kind"]) in _schemas()


def cluster_scoped(item: Object) -> bool:
    """Whether the kind of ``item``, which is `known`, stands outside every namespace."""
    return _schemas()[item["apiVersion"], item["kind"]][0] == "Cluster"


def definition(item: Object) -> str:
    """The name of the CustomResourceDefinition that a cluster needs for ``item``, if `known`."""
    return _definitions()[item["apiVersion"].partition("/")[0], item["kind"]]


@cache
def _definitions() -> Mapping[tuple[str, str], str]:
    return {
        (spec["group"], spec["names"]["kind"]): f"{spec['names']['plural']}.{spec['group']}"
        for spec in _specs()
    }


def validate(item: Object) -> None:
    """Hold ``item``, whose kind is `known`, against its schema.

    Raises:
        CustomResourceError: a field unknown, missing, or of a wrong type or value.
    """
    _, validator = _schemas()[item["apiVersion"], item["kind"]]
    errors = sorted(validator.iter_errors(item), key=lambda error: error.json_path)
    if errors:
        raise CustomResourceError(item, [f"{one.json_path}: {one.message}" for one in errors])


@cache
def _schemas() -> Mapping[tuple[str, str], tuple[str, jsonschema.Draft7Validator]]:
    """Scope and validator by apiVersion and kind."""
    return {
        (f"{spec['group']}/{version['name']}", spec["names"]["kind"]): (
            spec["scope"],
            jsonschema.Draft7Validator(_whole(version["schema"]["openAPIV3Schema"])),
        )
        for spec in _specs()
        for version in spec["versions"]
    }


def _specs() -> Iterator[Mapping[str, Any]]:
    for path in sorted(SCHEMAS.glob("*.json")):
        yield json.loads(path.read_text(encoding="utf-8"))["spec"]


def _whole(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    # The API server knows these three by itself; a definition says no more than their type.
    strict = _strict(schema)
    strict["properties"] |= {"apiVersion": _ANY, "kind": _ANY, "metadata": _ANY}
    strict["required"] = sorted({"spec", *strict.get("required", ())} & set(strict["properties"]))
    return strict


def _strict(schema: Mapping[str, Any], *, part: bool = False) -> dict[str, Any]:
    """``schema`` with no fields but those that it names.

    ``part`` is one alternative of several: the schema around it names the fields, it has a say in
    their values only.
    """
    strict = {name: _node(name, value, part=part) for name, value in schema.items()}
    if strict.pop(_EITHER, False):
        strict["type"] = ["integer", "string"]
    if strict.pop("nullable", False) and isinstance(strict.get("type"), str):
        strict["type"] = [strict["type"], "null"]
    closed = "properties" in strict and "additionalProperties" not in strict
    if closed and not part and not schema.get(_OPEN):
        strict["additionalProperties"] = False
    return strict


def _node(name: str, value: Any, *, part: bool) -> Any:
    if name in _NAMES:
        return {field: _strict(below, part=part) for field, below in value.items()}
    if name in ("allOf", "anyOf", "oneOf"):
        return [_strict(one, part=True) for one in value]
    if name == "not":
        return _strict(value, part=True)
    if name in ("items", "additionalProperties") and isinstance(value, Mapping):
        return _strict(value, part=part)
    return value
