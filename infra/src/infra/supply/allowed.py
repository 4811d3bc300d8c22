"""What is allowed although a check would refuse it: `infra/supply/allowed.toml`, with reasons."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final, Self

from infra.repository import INFRA

PATH: Final = INFRA / "supply" / "allowed.toml"
LONGEST: Final = timedelta(days=180)
"""An exception is looked at again after so long."""


@dataclass(frozen=True, slots=True)
class Exemption:
    """An advisory that doesn't concern us, until somebody looks again."""

    advisory: str
    package: str
    reason: str
    until: date


@dataclass(frozen=True, slots=True)
class Allowed:
    """Licences by where the package ends up, exemptions of advisories, texts that look secret."""

    shipped: frozenset[str]
    tools: frozenset[str]
    spelled: Mapping[str, str]
    advisories: tuple[Exemption, ...]
    secrets: Mapping[str, str]

    @classmethod
    def of(cls, text: str) -> Self:
        """From the file's text."""
        found: dict[str, Any] = tomllib.loads(text)
        licences = found["licences"]
        return cls(
            shipped=frozenset(licences["shipped"]),
            tools=frozenset(licences["shipped"]) | frozenset(licences["tools"]),
            spelled=licences["spelled"],
            advisories=tuple(Exemption(**one) for one in found.get("advisory", ())),
            secrets={one["path"]: one["reason"] for one in found.get("secret", ())},
        )

    def problems(self, today: date) -> Iterator[str]:
        """Exemptions that have no reason, have run out, or would run for too long."""
        for one in self.advisories:
            if not one.reason.strip():
                yield f"{one.advisory} is allowed for no reason"
            if one.until < today:
                yield f"{one.advisory} ({one.package}) was allowed until {one.until}: look again"
            elif one.until - today > LONGEST:
                yield f"{one.advisory} is allowed until {one.until}: longer than {LONGEST.days} d"
        for path, reason in self.secrets.items():
            if not reason.strip():
                yield f"{path} may look secret for no reason"


def load(path: Path = PATH) -> Allowed:
    """The repository's."""
    return Allowed.of(path.read_text(encoding="utf-8"))
