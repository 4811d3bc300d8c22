"""A compose file as Compose reads it: anchors merged, variables put in."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from infra.repository import INFRA

PATH: Final = INFRA / "compose.yaml"
_VARIABLE: Final = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")

Service = dict[str, Any]
Document = dict[str, Any]


class MissingVariableError(KeyError):
    """Compose would not start: a variable has to be set."""


def interpolated(text: str, given: Mapping[str, str]) -> str:
    """``text`` with ``${NAME}``, ``${NAME:-default}`` and ``${NAME:?why}`` replaced."""

    def put(found: re.Match[str]) -> str:
        name, kind, rest = found.groups()
        if value := given.get(name):
            return value
        if kind == "-":
            return str(rest)
        raise MissingVariableError(name, rest)

    return _VARIABLE.sub(put, text)


def variables(path: Path = PATH) -> set[str]:
    """The names that have to be set."""
    found = _VARIABLE.findall(path.read_text(encoding="utf-8"))
    return {name for name, kind, _ in found if kind != "-"}


def load(given: Mapping[str, str], path: Path = PATH) -> Document:
    """The file with the variables of ``given``.

    Raises:
        MissingVariableError: it wants one that is not given.
    """
    document: Document = yaml.safe_load(interpolated(path.read_text(encoding="utf-8"), given))
    return document


def seconds(duration: str | None) -> float:
    """A duration as Compose writes it, of seconds only; its default is 10 s."""
    return float((duration or "10s").removesuffix("s"))
