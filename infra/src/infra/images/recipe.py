"""What is built: a Dockerfile, the bases that it names, and what tells its images apart."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from infra.repository import ROOT

_SERVICES: Final = Path("services", "Dockerfile")
_ARGUMENT: Final = re.compile(r"^ARG (\w+)=(\S+)", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One image. ``bases`` are the Dockerfile's arguments that name base images."""

    name: str
    dockerfile: Path
    bases: tuple[str, ...]
    arguments: Mapping[str, str] = field(default_factory=dict)

    def defaults(self) -> dict[str, str]:
        """The arguments' defaults, as the Dockerfile has them."""
        return dict(_ARGUMENT.findall((ROOT / self.dockerfile).read_text(encoding="utf-8")))

    def references(self) -> dict[str, str]:
        """Each base's official name, by argument."""
        defaults = self.defaults()
        return {base: defaults[base] for base in self.bases}


def _service(name: str) -> Recipe:
    return Recipe(name=name, dockerfile=_SERVICES, bases=("BASE",), arguments={"SERVICE": name})


RECIPES: Final[Mapping[str, Recipe]] = {
    recipe.name: recipe
    for recipe in (
        *map(_service, ("producer", "feed", "chat")),
        Recipe(
            name="dashboard",
            dockerfile=Path("services", "dashboard", "Dockerfile"),
            bases=("NODE", "NGINX"),
        ),
        Recipe(name="loadtest", dockerfile=Path("loadtests", "Dockerfile"), bases=("BASE",)),
    )
}
"""By the image's name."""
