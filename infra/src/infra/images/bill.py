"""An image's bill of materials (CycloneDX), beside what is locked and what is really in it."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from packaging.utils import canonicalize_name

from infra.repository import ROOT

FOLDER: Final = "/usr/share/sbom"
_LOCK: Final = ROOT / "services" / "dashboard" / "package-lock.json"

Versions = dict[str, str]
"""By name, as PyPI normalizes names."""


def billed(bill: Path) -> Versions:
    """What a bill lists, without what it is the bill of."""
    return {canonicalize_name(part["name"]): part["version"] for part in _read(bill)["components"]}


def subject(bill: Path) -> str:
    """What it is the bill of."""
    return canonicalize_name(_read(bill)["metadata"]["component"]["name"])


def _read(bill: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bill.read_text(encoding="utf-8"))
    return found


def installed(environment: Path) -> Versions:
    """What a virtual environment has."""
    return dict(_distributions(environment))


def _distributions(environment: Path) -> Iterator[tuple[str, str]]:
    for folder in environment.glob("lib/python3*/site-packages/*.dist-info"):
        name, _, version = folder.name.removesuffix(".dist-info").rpartition("-")
        yield canonicalize_name(name), version


def locked() -> Versions:
    """What ``uv.lock`` has, whoever needs it."""
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    return {
        canonicalize_name(one["name"]): one["version"]
        for one in lock["package"]
        if "version" in one
    }


def locked_for_browsers() -> Versions:
    """What the page's lock has of what ends up in the page."""
    packages: dict[str, Any] = json.loads(_LOCK.read_text(encoding="utf-8"))["packages"]
    return {
        canonicalize_name(place.rpartition("node_modules/")[2]): one["version"]
        for place, one in packages.items()
        if place and not (one.get("dev") or one.get("devOptional"))
    }
