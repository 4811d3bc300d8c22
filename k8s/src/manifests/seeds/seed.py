"""What a seed is, and the words that seeds are written in."""

from collections.abc import Callable
from typing import Any, Final

from manifests.objects import key

Objects = list[Any]
Seed = Callable[[Objects], None]
SEEDS: Final[dict[str, list[Seed]]] = {}
"""The mistakes by the name of the rule that has to find them."""


def seeds(rule: str) -> Callable[[Seed], Seed]:
    """Note a mistake that the rule of that name has to find."""

    def note(seed: Seed) -> Seed:
        SEEDS.setdefault(rule, []).append(seed)
        return seed

    return note


def get(objects: Objects, name: str) -> Any:
    """The object of that kind and name: ``Deployment/feed``."""
    (found,) = (item for item in objects if key(item) == name)
    return found


def spec(objects: Objects, name: str) -> Any:
    """The specification of a workload's pods."""
    return get(objects, name)["spec"]["template"]["spec"]


def container(objects: Objects, name: str) -> Any:
    """A workload's first container."""
    return spec(objects, name)["containers"][0]


def variable(objects: Objects, workload: str, name: str) -> Any:
    """One variable of a workload's first container."""
    (found,) = (one for one in container(objects, workload)["env"] if one["name"] == name)
    return found


def config(objects: Objects, name: str) -> Any:
    """What is in the ConfigMap of that name, the hash aside."""
    (found,) = (
        item["data"]
        for item in objects
        if item["kind"] == "ConfigMap" and item["metadata"]["name"].rpartition("-")[0] == name
    )
    return found
