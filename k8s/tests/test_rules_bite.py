"""Each rule finds what it is there for: a seeded mistake in everything that we render."""

import copy
from collections.abc import Callable

import pytest

from manifests.objects import Object
from manifests.rules import RULES
from manifests.seeds import SEEDS, Objects, Seed, get

CASES = [(rule, seed) for rule, of_it in SEEDS.items() for seed in of_it]


@pytest.mark.parametrize(("rule", "seed"), CASES, ids=[seed.__name__ for _, seed in CASES])
def test_a_seeded_mistake_is_found(everything: list[Object], rule: str, seed: Seed) -> None:
    wrong: Objects = copy.deepcopy(everything)
    seed(wrong)
    (looks,) = (one for one in RULES if one.__name__ == rule)
    assert list(looks(everything)) == []
    assert list(looks(wrong)) != []


def test_every_rule_has_a_mistake_to_find() -> None:
    assert set(SEEDS) == {rule.__name__ for rule in RULES}


@pytest.mark.parametrize("field", ["ignoreNullValues", "fallback"])
def test_a_careless_scaled_object_is_found(
    rendered: Callable[[str], list[Object]], field: str
) -> None:
    wrong: Objects = copy.deepcopy(rendered("tests/everything-keda"))
    scaler = get(wrong, "ScaledObject/feed")["spec"]
    if field == "fallback":
        del scaler["fallback"]
    else:
        scaler["triggers"][0]["metadata"]["ignoreNullValues"] = "true"
    (looks,) = (one for one in RULES if one.__name__ == "autoscalers_see_connections_and_cpu")
    assert len(list(looks(wrong))) == 1
