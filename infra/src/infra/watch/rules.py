"""The rules of k8s/components/monitoring as Prometheus itself reads them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from infra.repository import ROOT

MONITORING: Final = ROOT / "k8s" / "components" / "monitoring"


def groups() -> list[dict[str, Any]]:
    """The groups of every PrometheusRule, in the order of the files' names."""
    found: list[dict[str, Any]] = []
    for path in sorted(MONITORING.glob("*.yaml")):
        for item in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            if item["kind"] == "PrometheusRule":
                found += item["spec"]["groups"]
    return found


def rules() -> Iterator[dict[str, Any]]:
    """Every rule: an alert has ``alert``, what is recorded has ``record``."""
    for group in groups():
        yield from group["rules"]


def write(path: Path, *, annotations: bool = True) -> None:
    """Write a rule file.

    Without ``annotations`` for promtool's unit tests, which compare them to the letter.
    """
    shown = groups()
    if not annotations:
        for group in shown:
            for rule in group["rules"]:
                rule.pop("annotations", None)
    path.write_text(yaml.safe_dump({"groups": shown}, sort_keys=False), encoding="utf-8")
