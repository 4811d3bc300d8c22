"""The policies allow exactly the arrows that are written down."""

import copy
from collections.abc import Callable

import pytest

from manifests import traffic
from manifests.folders import COMPONENTS, components_of, kustomizations
from manifests.objects import Object, key

Row = tuple[str, str, str]
README = COMPONENTS / "network-policies" / "README.md"
OUTSIDE = {"edge", "monitoring", "devices", "stranger", "dns"}


def written() -> dict[str, list[Row]]:
    """The rows of the README's table, by component."""
    found: dict[str, list[Row]] = {}
    component = ""
    for line in README.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) != 4 or cells[0] in ("component", "---"):
            continue
        component = cells[0].strip("`") or component
        found.setdefault(component, []).append((cells[1], cells[2], cells[3]))
    return found


def expected(objects: list[Object], rows: list[Row]) -> set[Row]:
    """The rows with their groups written out, as far as both ends are there."""
    ours = traffic.parties(objects)
    everybody = {party.name: party for party in (*ours, *traffic.OTHERS)}
    groups = {"*each of ours*": {party.name for party in ours}, "*outside*": OUTSIDE}
    return {
        (source, target, port)
        for left, right, ports in rows
        for source in groups.get(left, {left})
        for target in groups.get(right, {right})
        if source in everybody and target in everybody
        for port in (map(str, everybody[target].ports) if ports == "*any*" else ports.split())
    }


CLOSED = [one for one in kustomizations() if "network-policies" in components_of(one)]


def test_there_are_combinations_with_every_part_of_the_policies() -> None:
    used = {part for one in CLOSED for part in components_of(one)}
    parts = {
        str(path.parent.relative_to(COMPONENTS))
        for path in README.parent.rglob("kustomization.yaml")
    }
    assert parts <= used
    assert parts == set(written())


@pytest.mark.parametrize("directory", CLOSED)
def test_who_may_speak_to_whom_is_what_is_written(
    rendered: Callable[[str], list[Object]], directory: str
) -> None:
    objects = rendered(directory)
    table = written()
    rows = [row for part in components_of(directory) for row in table.get(part, [])]
    wanted = expected(objects, rows)
    assert traffic.allowed(objects) == wanted
    assert list(traffic.dead_rules(objects)) == []


def test_without_policies_everybody_reaches_everybody(
    rendered: Callable[[str], list[Object]],
) -> None:
    assert ("stranger", "valkey", "6379/TCP") in traffic.allowed(rendered("base"))


def _drop(objects: list[Object], name: str) -> list[Object]:
    return [item for item in objects if key(item) != f"NetworkPolicy/{name}"]


@pytest.mark.parametrize("name", ["default-deny", "dns", "feed", "valkey-sentinel", "nats-routes"])
def test_a_policy_that_is_missing_is_noticed(everything: list[Object], name: str) -> None:
    assert traffic.allowed(_drop(everything, name)) != traffic.allowed(everything)


def test_a_policy_about_nobody_is_noticed(everything: list[Object]) -> None:
    wrong = copy.deepcopy(everything)
    for item in wrong:
        if item["kind"] == "NetworkPolicy" and item["metadata"]["name"] == "chat":
            item["spec"]["podSelector"]["matchLabels"] = {"app.kubernetes.io/name": "chta"}
            item["spec"]["egress"][0]["ports"][0]["port"] = 4223
    assert list(traffic.dead_rules(wrong)) == [
        "NetworkPolicy/chat is about nobody",
        "NetworkPolicy/chat Ingress http: nobody listens there",
        "NetworkPolicy/chat Ingress admin: nobody listens there",
        "NetworkPolicy/chat Egress 4223: nobody listens there",
    ]
