"""`THIRD-PARTY.md`: what others wrote, its version, its licence, and where it ends up."""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Final

from packaging.utils import canonicalize_name

from infra.repository import ROOT
from infra.supply import inventory, licence
from infra.supply.allowed import Allowed
from infra.supply.inventory import Package

PATH: Final = ROOT / "THIRD-PARTY.md"
UV: Final = ROOT / ".venv" / "bin" / "uv"
_LOADTESTS: Final = ROOT / "loadtests" / ".venv"
_ROW: Final = re.compile(r"^\| `([^`]+)` \| (\S+) \| ([^|]*) \| ([^|]*) \|$", re.MULTILINE)
_HEAD: Final = """\
# What others wrote
`make licences` writes this file from the lock files and from what the packages say of themselves;
`make check` fails when it is stale or a licence is not allowed (`infra/supply/allowed.toml`). Where
it says "tools", the package makes, runs or tries Airwave on one's own machine and is in no image.
Not listed: packages for other systems than the images', Debian's in their bases, and what single
targets fetch when they are called (the groups node, kustomize, fuzz and audit in `pyproject.toml`).

"""
_TABLE: Final = "| package | version | licence | in |\n| --- | --- | --- | --- |\n"


def installed(allowed: Allowed) -> dict[tuple[str, str], str]:
    """The licences of what is installed here, by name and version."""
    folders = [*sys.path, *map(str, _LOADTESTS.glob("lib/python3*/site-packages"))]
    found: dict[tuple[str, str], str] = {}
    # Each on its own: of two with one name, metadata finds the first only.
    for folder in folders:
        for one in metadata.distributions(path=[folder]):
            said = licence.told(one.metadata, allowed.spelled)
            found[canonicalize_name(one.name), one.version] = said
    return found


def written(python: Iterable[Package], browsers: Iterable[Package]) -> str:
    """The file's text."""
    parts = (("Python", sorted(python)), ("The page", sorted(browsers)))
    return _HEAD + "\n".join(f"## {title}\n{_TABLE}{_rows(found)}" for title, found in parts)


def _rows(packages: Iterable[Package]) -> str:
    return "".join(
        f"| `{one.name}` | {one.version} | {one.licence} | {one.where} |\n" for one in packages
    )


def rows(text: str) -> dict[tuple[str, str], tuple[str, str]]:
    """Licence and place by name and version."""
    found = _ROW.findall(text)
    return {(name, version): (said, where) for name, version, said, where in found}


def packages(
    known: Mapping[tuple[str, str], str], recorded: Mapping[tuple[str, str], tuple[str, str]]
) -> Iterator[Package]:
    """What is locked for Python, with the licence as installed, else as recorded before."""
    for (name, version), places in inventory.of_python(UV).items():
        said = known.get((name, version)) or recorded.get((name, version), ("", ""))[0]
        yield Package(name=name, version=version, places=places, licence=said)


def current(allowed: Allowed, path: Path = PATH) -> str:
    """What the file would be if it were written now."""
    recorded = rows(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return written(packages(installed(allowed), recorded), inventory.of_browsers())


def problems(allowed: Allowed, path: Path = PATH) -> Iterator[str]:
    """Whether the file is stale, and each licence that is not allowed where it is."""
    text = current(allowed, path)
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        yield f"{path.name} is stale: run `make licences`"
    for (name, version), (said, where) in rows(text).items():
        if not licence.is_allowed(said, allowed.tools if where == "tools" else allowed.shipped):
            yield f"{name} {version} ({where}) is under {said or 'no licence that it tells'}"
