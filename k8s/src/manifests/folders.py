"""Where our kustomizations are."""

import re
from pathlib import Path
from typing import Final

import yaml

K8S: Final = Path(__file__).parents[2]
COMPONENTS: Final = K8S / "components"


def overlays() -> list[str]:
    """What is meant to be applied, by its folder below k8s/overlays."""
    return sorted(path.parent.name for path in K8S.glob("overlays/*/kustomization.yaml"))


def kustomizations() -> list[str]:
    """All that can be rendered, by folder below k8s: the base, overlays, and combinations."""
    combinations = sorted(path.parent.name for path in K8S.glob("tests/*/kustomization.yaml"))
    return [
        "base",
        *(f"overlays/{name}" for name in overlays()),
        *(f"tests/{name}" for name in combinations),
    ]


def components_of(directory: str) -> list[str]:
    """The components of a kustomization, by their folders below k8s/components."""
    text = (K8S / directory / "kustomization.yaml").read_text(encoding="utf-8")
    listed = yaml.safe_load(text).get("components", ())
    return [re.sub(r"^(\.\./)+components/", "", one) for one in listed]
