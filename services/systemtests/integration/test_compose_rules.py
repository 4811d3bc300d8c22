"""The compose file keeps its rules, and each rule finds the mistakes that it is there for."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from infra.repository import INFRA
from infra.rights import NATS_RIGHTS, VALKEY_RIGHTS, filled
from systemtests.compose import document, rules
from systemtests.compose.document import Document

GIVEN = dict.fromkeys(document.variables(), "p0123")


@pytest.fixture(scope="module")
def compose() -> Document:
    return document.load(GIVEN)


def put(*path: str, value: Any) -> Callable[[Document], None]:
    """A mistake: what is at ``path`` of the services is something else."""

    def change(found: Document) -> None:
        inner = found["services"]
        for name in path[:-1]:
            inner = inner[name]
        inner[path[-1]] = value

    return change


def lead_out(found: Document) -> None:
    found["networks"]["log"] = {}


MISTAKES: dict[str, list[Callable[[Document], None]]] = {
    "services_start_on_their_environment": [
        put("feed", "environment", "FEED_RINGAGE", value="60"),
        put("chat", "environment", "CHAT_DRAIN_WINDOW", value="soon"),
    ],
    "addresses_are_services_within_reach": [
        put("feed", "environment", "FEED_NATS_URL", value="nats://feed:p@nats:4223"),
        put("feed", "environment", "FEED_NATS_URL", value="nats://feed:p@broker:4222"),
        put("producer", "networks", value=["front"]),
    ],
    "grace_holds_the_drain": [
        put("feed", "stop_grace_period", value="20s"),
        put("chat", "stop_grace_period", value=None),
        put("feed", "environment", "FEED_DRAIN_WINDOW", value="60"),
    ],
    "streams_leave_before_the_edge": [
        put("feed", "depends_on", value={}),
        put("edge", "depends_on", value={"feed": {"condition": "service_healthy"}}),
    ],
    "dependencies_exist": [
        put("feed", "depends_on", "stream", value={"condition": "service_started"}),
        put("chat", "depends_on", "owners", value={"condition": "service_healthy"}),
    ],
    "health_is_asked_as_in_a_cluster": [
        put("feed", "healthcheck", "interval", value="30s"),
        put("nats", "healthcheck", value={}),
        put("chat", "environment", "CHAT_ADMIN_PORT", value="9999"),
        put("producer", "healthcheck", "test", value=["CMD", "true"]),
    ],
    "walls_stand": [
        put("feed", "read_only", value=False),
        put("edge", "cap_drop", value=[]),
        put("chat", "security_opt", value=[]),
        put("nats", "user", value="0:0"),
        put("valkey", "user", value="valkey"),
        put("producer", "cap_add", value=["NET_ADMIN"]),
        put("edge", "privileged", value=True),
        put("owners", "network_mode", value="host"),
    ],
    "networks_are_the_arrows": [
        put("edge", "networks", value=["front", "browsers", "log"]),
        put("valkey", "networks", value=["log"]),
        lead_out,
    ],
    "only_loopback_is_published": [
        put("edge", "ports", value=["8080:8080"]),
        put("feed", "ports", value=["127.0.0.1:8101:8101"]),
    ],
    "images_are_those_of_the_cluster": [
        put("nats", "image", value="docker.io/library/nats:latest"),
        put("feed", "image", value="localhost/airwave/feed:0.2.0"),
    ],
}


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_the_file_keeps(compose: Document, rule: rules.Rule) -> None:
    assert list(rule(compose)) == []


def test_every_rule_has_mistakes() -> None:
    assert {rule.__name__ for rule in rules.RULES} == MISTAKES.keys()


@pytest.mark.parametrize(
    ("name", "number"), [(name, n) for name, found in MISTAKES.items() for n in range(len(found))]
)
def test_a_rule_finds(compose: Document, name: str, number: int) -> None:
    wrong = deepcopy(compose)
    MISTAKES[name][number](wrong)
    (rule,) = (rule for rule in rules.RULES if rule.__name__ == name)
    assert list(rule(wrong))


def test_the_file_is_one_that_compose_reads() -> None:
    checker = Path(sys.executable).with_name("check-jsonschema")
    asked = [str(checker), "--builtin-schema", "vendor.compose-spec", "--output-format", "json"]
    for path, expected in ((document.PATH, "ok"), (INFRA / "yamllint.yaml", "fail")):
        said = subprocess.run(  # noqa: S603 - a tool of this environment
            [*asked, str(path)], capture_output=True, text=True, timeout=50, check=False
        )
        assert json.loads(said.stdout)["status"] == expected, said.stdout


def made_by(script: Path, file: Path) -> str:
    subprocess.run([script, file], check=True, timeout=50)  # noqa: S603 - our own script
    return file.read_text()


def test_every_password_is_one_that_the_script_makes_and_keeps(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    script = INFRA / "local" / "bin" / "compose-passwords"
    first, second = (made_by(script, file) for _ in range(2))
    assert first == second
    made = dict(line.split("=") for line in first.splitlines())
    assert made.keys() == document.variables()
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(set(made.values())) == len(made)
    assert all(re.fullmatch("p[0-9a-f]{48}", word) for word in made.values())


def test_no_password_stands_in_the_file() -> None:
    for address in re.findall(r"\w+://(\S+)@", document.PATH.read_text()):
        assert re.fullmatch(r"\w+:\$\{\w+(:\?[^}]*)?\}", address), address


def test_rights_are_those_of_the_cluster() -> None:
    given = document.load(GIVEN)
    assert (INFRA / "compose" / "nats.conf").read_text().endswith('\ninclude "rights.conf"\n')
    mounted = [one.split(":") for one in given["services"]["nats"]["volumes"]]
    (rights,) = (here for here, there, *_ in mounted if there == "/etc/nats/rights.conf")
    assert (INFRA / rights).resolve() == NATS_RIGHTS
    # Whoever has a part has a password.
    environment = given["services"]["nats"]["environment"]
    assert set(re.findall(r"password: \$(\w+)", NATS_RIGHTS.read_text())) <= environment.keys()
    passwords = {"chat": "p0123"}
    cluster = filled(VALKEY_RIGHTS, passwords).splitlines()
    for line in given["configs"]["valkey_users"]["content"].splitlines():
        assert line in cluster
