"""From a recipe to an image in the builder's store, with what it stands on."""

from dataclasses import dataclass

from infra.images.bases import Bases, bases
from infra.images.builder import Builder
from infra.images.recipe import Recipe


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """One that was built."""

    recipe: Recipe
    tag: str
    bases: Bases
    builder: Builder

    @property
    def said(self) -> str:
        """One line for people."""
        return f"{self.recipe.name}: built by {self.builder.name}, {self.bases.said}"


def build(builder: Builder, recipe: Recipe, *, tag: str, version: str | None = None) -> Image:
    """Build one image; layers that are in the builder's store are not made again.

    ``version`` is what its label says; without one, what the recipe has.

    Raises:
        BaseMissingError: what it stands on can't be had.
        ToolFailedError: a step failed.
    """
    found = bases(builder, recipe)
    labels = {} if version is None else {"VERSION": version}
    builder.build(recipe, tag=tag, arguments={**recipe.arguments, **found.arguments, **labels})
    return Image(recipe=recipe, tag=tag, bases=found, builder=builder)
