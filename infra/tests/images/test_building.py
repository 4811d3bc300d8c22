"""What a recipe is built with."""

from collections.abc import Mapping
from typing import Any

import pytest

from infra.images import building
from infra.images.bases import Bases
from infra.images.recipe import RECIPES, Recipe


class Heard:
    """Stands where a builder does, and notes what it is told."""

    name = "heard"
    arguments: Mapping[str, str]

    def build(self, _: Recipe, *, arguments: Mapping[str, str], **__: object) -> None:
        self.arguments = arguments


def test_the_version_that_is_asked_for_is_the_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Bases(arguments={"BASE": "here"}, official=True)
    monkeypatch.setattr(building, "bases", lambda *_: found)
    heard: Any = Heard()
    building.build(heard, RECIPES["feed"], tag="feed:2", version="2")
    assert heard.arguments == {"SERVICE": "feed", "BASE": "here", "VERSION": "2"}
    building.build(heard, RECIPES["feed"], tag="feed:2")
    assert "VERSION" not in heard.arguments
