"""Which packages end up where, by the lock files."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from packaging.markers import Marker
from packaging.utils import canonicalize_name

from infra.images.tool import output
from infra.repository import ROOT
from infra.supply.locks import CLIENTS, NPM, PAGE

IMAGES: Final = ("producer", "feed", "chat", "loadtest")
_MEMBERS: Final = {"loadtest": "loadtests"}
_PINNED: Final = re.compile(r"^([\w.-]+)(?:\[[^\]]*\])?==([^\s;]+)(?: ; (.+))?$", re.MULTILINE)
_IMAGE: Final = {
    "python_version": "3.13",
    "python_full_version": "3.13.0",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
    "os_name": "posix",
    "sys_platform": "linux",
    "platform_system": "Linux",
}
"""What decides in an image which packages of the lock are in it."""


@dataclass(frozen=True, slots=True, order=True)
class Package:
    """One of somebody else's; ``places`` are images, or none where it is a tool of ours."""

    name: str
    version: str
    places: tuple[str, ...] = ()
    licence: str = ""

    @property
    def where(self) -> str:
        """For people."""
        return ", ".join(self.places) or "tools"


def of_python(uv: Path) -> dict[tuple[str, str], tuple[str, ...]]:
    """What services and our tools need on the images' system, with the images that it is in."""
    found: dict[tuple[str, str], tuple[str, ...]] = dict.fromkeys(_exported(uv), ())
    for image in IMAGES:
        member = _MEMBERS.get(image, image)
        for one in _exported(uv, "--no-dev", "--package", member):
            found[one] = (*found.get(one, ()), image)
    return found


def _exported(uv: Path, *which: str) -> Iterator[tuple[str, str]]:
    plain = ("--frozen", "--no-hashes", "--no-header", "--no-annotate", "--no-emit-workspace")
    said = output([str(uv), "export", "--quiet", "--directory", str(ROOT), *plain, *which])
    for name, version, marker in _PINNED.findall(said):
        if not marker or Marker(marker).evaluate({**_IMAGE}):
            yield canonicalize_name(name), version


def of_browsers(root: Path = ROOT) -> list[Package]:
    """What the page, its tools and tests are made with; npm's locks know the licences."""
    return sorted({one for folder in (PAGE, CLIENTS) for one in _locked(root / folder / NPM)})


def _locked(file: Path) -> Iterator[Package]:
    lock: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    for place, one in lock["packages"].items():
        if place:
            yield Package(
                name=place.rpartition("node_modules/")[2],
                version=one["version"],
                places=() if one.get("dev") or one.get("devOptional") else ("dashboard",),
                licence=one.get("license", ""),
            )
