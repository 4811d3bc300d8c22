"""What the guide says of numbers, files and targets is so."""

import re
from dataclasses import astuple

import pytest

from manifests import deployment, needs
from manifests.folders import COMPONENTS, K8S, overlays

GUIDE = (K8S / "GUIDE.md").read_text()
MAKEFILE = (K8S.parent / "Makefile").read_text()


@pytest.mark.parametrize("overlay", ["local", "production"])
def test_an_overlay_needs_what_the_guide_says(overlay: str) -> None:
    (row,) = re.findall(rf"^\| `{overlay}` \|(.*)\|$", GUIDE, re.MULTILINE)
    written = tuple(int(re.sub(r"\D", "", cell)) for cell in row.split("|"))
    assert written == astuple(needs.of(deployment.load(overlay)))


def test_every_target_is_one_of_make() -> None:
    named = set(re.findall(r"`?make ([a-z-]+)", GUIDE))
    assert named >= {"setup", "render", "secrets", "deploy", "undeploy", "scale", "doctor"}
    assert {name for name in named if f"\n{name}:" not in MAKEFILE} == set()


def test_images_are_built_from_what_is_there_under_the_names_that_are_deployed() -> None:
    built = re.findall(
        r"docker build -f (\S+) .*-t localhost/airwave/([\w$]+):(\S+) \.$", GUIDE, re.MULTILINE
    )
    assert {name for _, name, _ in built} == {"$service", "dashboard", "loadtest"}
    for dockerfile, name, tag in built:
        assert (K8S.parent / dockerfile).is_file()
        services = ("producer", "feed", "chat") if name == "$service" else (name,)
        manifests = "".join(
            path.read_text()
            for path in (
                *(K8S / "base").glob("kustomization.yaml"),
                *(COMPONENTS / "loadtest").glob("kustomization.yaml"),
            )
        )
        for service in services:
            assert f"newName: localhost/airwave/{service}\n" in manifests
            assert f"newTag: {tag}\n" in manifests


def test_every_component_has_a_readme_and_every_one_that_is_named_exists() -> None:
    folders = {
        str(path.parent.relative_to(COMPONENTS)) for path in COMPONENTS.rglob("kustomization.yaml")
    }
    tops = {name for name in folders if "/" not in name}
    assert {name for name in tops if not (COMPONENTS / name / "README.md").exists()} == set()
    assert set(re.findall(r"`?components/([a-z-]+)`?", GUIDE)) <= tops
    assert set(re.findall(r"overlays/([a-z-]+)", GUIDE)) - {"mine"} <= set(overlays())
