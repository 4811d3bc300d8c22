"""Where a recipe's bases come from: their registry, or a stand-in where it is out of reach."""

from collections.abc import Mapping
from dataclasses import dataclass

from infra.images.builder import Builder
from infra.images.recipe import Recipe
from infra.images.stand_in import stand_in


@dataclass(frozen=True, slots=True)
class Bases:
    """The build arguments that name them, and what they are, for people."""

    arguments: Mapping[str, str]
    official: bool

    @property
    def said(self) -> str:
        """One clause for a report."""
        if self.official:
            return f"on the official {', '.join(self.arguments.values())}"
        return "on a STAND-IN of Debian packages (no registry within reach)"


_unreachable: set[str] = set()


def bases(builder: Builder, recipe: Recipe) -> Bases:
    """The official ones if each is at hand or can be fetched, else the stand-in for each.

    Raises:
        BaseMissingError: neither.
    """
    references = recipe.references()
    if all(_fetched(builder, reference) for reference in references.values()):
        return Bases(references, official=True)
    tag = stand_in(builder, reference=", ".join(references.values()))
    return Bases(dict.fromkeys(references, tag), official=False)


def _fetched(builder: Builder, reference: str) -> bool:
    """Whether it is there; a registry that was out of reach is asked once in a process."""
    registry = reference.partition("/")[0]
    if builder.has(reference):
        return True
    if registry in _unreachable:
        return False
    if not builder.pull(reference):
        _unreachable.add(registry)
        return False
    return True
