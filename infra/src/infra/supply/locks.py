"""Whether the lock files hold every package to one version and to the hash of its content."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from infra.repository import ROOT

UV: Final = Path("uv.lock")
PAGE: Final = Path("services", "dashboard")
CLIENTS: Final = Path("services", "systemtests", "clients")
"""Others' clients of a stream, which tests run."""
NPM: Final = "package-lock.json"
WANTED: Final = "package.json"
TOOL: Final = Path("infra", "supply", "uv.txt")
"""What makes the environment: pip gets it before there is a lock to go by."""
_SHA256: Final = re.compile(r"sha256:[0-9a-f]{64}")
_SHA512: Final = re.compile(r"sha512-[A-Za-z0-9+/]{86}==")
_EXACT: Final = re.compile(r"\d+\.\d+\.\d+")
_OURS: Final = ("editable", "virtual")


def problems(root: Path = ROOT) -> Iterator[str]:
    """One line for each package that could change without anybody seeing it."""
    yield from _uv(tomllib.loads((root / UV).read_text(encoding="utf-8")))
    for folder in (PAGE, CLIENTS):
        yield from _npm(folder / NPM, _read(root / folder / NPM))
        yield from _exact(folder / WANTED, _read(root / folder / WANTED))
    yield from _tool(root)


def _uv(lock: Mapping[str, Any]) -> Iterator[str]:
    indexes = {one["source"]["registry"] for one in lock["package"] if "registry" in one["source"]}
    if len(indexes) != 1:
        yield f"{UV}: packages come from {sorted(indexes)}"
    for one in lock["package"]:
        source = one["source"]
        if any(kind in source for kind in _OURS):
            continue
        if "registry" not in source:
            yield f"{UV}: {one['name']} comes from {source}"
            continue
        files = [*one.get("wheels", ()), *([one["sdist"]] if "sdist" in one else ())]
        if not files or not all(_SHA256.fullmatch(file.get("hash", "")) for file in files):
            yield f"{UV}: {one['name']} {one['version']} has a file without a hash"


def _read(file: Path) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return found


def _npm(file: Path, lock: Mapping[str, Any]) -> Iterator[str]:
    for place, one in lock["packages"].items():
        if place and not _SHA512.fullmatch(one.get("integrity", "")):
            yield f"{file}: {place} has no hash"


def _exact(file: Path, package: Mapping[str, Any]) -> Iterator[str]:
    wanted = {**package.get("dependencies", {}), **package["devDependencies"]}
    for name, version in wanted.items():
        if not _EXACT.fullmatch(version):
            yield f"{file}: {name} is wanted as {version}, which is not one version"


def _tool(root: Path) -> Iterator[str]:
    text = (root / TOOL).read_text(encoding="utf-8")
    version = re.search(r"^uv==(\S+)", text, re.MULTILINE)
    made = re.search(r"^UV_VERSION := (\S+)", (root / "Makefile").read_text(), re.MULTILINE)
    if not version or not made or version[1] != made[1]:
        yield f"{TOOL} and the Makefile name different versions of uv"
    if not _SHA256.search(text):
        yield f"{TOOL} has no hash"
