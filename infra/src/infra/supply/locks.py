"""Whether the lock files hold every package to one version and to the hash of its content."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from infra.repository import ROOT

UV: Final = Path("uv.lock")
NPM: Final = Path("services", "dashboard", "package-lock.json")
WANTED: Final = Path("services", "dashboard", "package.json")
TOOL: Final = Path("infra", "supply", "uv.txt")
"""What makes the environment: pip gets it before there is a lock to go by."""
_SHA256: Final = re.compile(r"sha256:[0-9a-f]{64}")
_SHA512: Final = re.compile(r"sha512-[A-Za-z0-9+/]{86}==")
_EXACT: Final = re.compile(r"\d+\.\d+\.\d+")
_OURS: Final = ("editable", "virtual")


def problems(root: Path = ROOT) -> Iterator[str]:
    """One line for each package that could change without anybody seeing it."""
    yield from _uv(tomllib.loads((root / UV).read_text(encoding="utf-8")))
    yield from _npm(json.loads((root / NPM).read_text(encoding="utf-8")))
    yield from _exact(json.loads((root / WANTED).read_text(encoding="utf-8")))
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


def _npm(lock: Mapping[str, Any]) -> Iterator[str]:
    for place, one in lock["packages"].items():
        if place and not _SHA512.fullmatch(one.get("integrity", "")):
            yield f"{NPM}: {place} has no hash"


def _exact(package: Mapping[str, Any]) -> Iterator[str]:
    for name, version in {**package["dependencies"], **package["devDependencies"]}.items():
        if not _EXACT.fullmatch(version):
            yield f"{WANTED}: {name} is wanted as {version}, which is not one version"


def _tool(root: Path) -> Iterator[str]:
    text = (root / TOOL).read_text(encoding="utf-8")
    version = re.search(r"^uv==(\S+)", text, re.MULTILINE)
    made = re.search(r"^UV_VERSION := (\S+)", (root / "Makefile").read_text(), re.MULTILINE)
    if not version or not made or version[1] != made[1]:
        yield f"{TOOL} and the Makefile name different versions of uv"
    if not _SHA256.search(text):
        yield f"{TOOL} has no hash"
