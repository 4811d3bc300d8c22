"""What the commands ask of kubectl, in which order, and what they refuse before they ask.

No cluster is here. The kubectl of these tests is a stand-in that writes down what it is asked and
answers what a test tells it; what a cluster makes of it is not tested.
"""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from manifests import custom, deployment
from manifests.__main__ import main
from manifests.kubectl import ClusterError, Kubectl

STAND_IN = """\
#!{python} -I
import json, pathlib, sys
folder = pathlib.Path({folder!r})
arguments = sys.argv[1:]
with (folder / "asked").open("a") as file:
    stdin = "" if "-" not in arguments else sys.stdin.read()
    file.write(json.dumps([arguments, stdin]) + "\\n")
answers = json.loads((folder / "answers").read_text())
for words, status, said in answers:
    if all(word in arguments for word in words.split()):
        print(said, file=sys.stderr if status else sys.stdout)
        sys.exit(status)
"""
VERSION = {"serverVersion": {"gitVersion": "v1.36.1"}}
NOTHING: dict[str, Any] = {"items": []}


class StandIn:
    """A program named kubectl that answers as it is told."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.program = folder / "kubectl"
        self.program.write_text(STAND_IN.format(python=sys.executable, folder=str(folder)))
        self.program.chmod(0o755)
        self.tell()

    def tell(self, *answers: tuple[str, int, Any]) -> None:
        """Answer those whose words are all in a command; the first that fits."""
        defaults = [
            ("version", 0, VERSION),
            ("current-context", 0, "kind-airwave"),
            ("get", 0, NOTHING),
        ]
        found = [
            (words, status, said if isinstance(said, str) else json.dumps(said))
            for words, status, said in (*answers, *defaults)
        ]
        (self.folder / "answers").write_text(json.dumps(found))

    @property
    def asked(self) -> list[tuple[list[str], str]]:
        """Commands with what came in by standard input."""
        text = (self.folder / "asked").read_text()
        return [(words, stdin) for words, stdin in map(json.loads, text.splitlines())]

    @property
    def verbs(self) -> list[str]:
        return [words[0] for words, _ in self.asked]


@pytest.fixture
def kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    # Rendering is done by whatever kustomize was found before this one is on PATH.
    deployment.load("local")
    stand_in = StandIn(tmp_path)
    monkeypatch.setattr("manifests.kubectl.find", lambda: Kubectl(str(stand_in.program)))
    return stand_in


def _definitions() -> Any:
    objects = [*deployment.load("local"), *deployment.load("production")]
    names = {custom.definition(item) for item in objects if custom.known(item)}
    return {"items": [{"metadata": {"name": name}} for name in names]}


def test_without_kubectl_each_command_says_where_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("manifests.kubectl.shutil.which", lambda _: None)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(deployment, "load", lambda _: [])
    for command in ("deploy", "undeploy", "secrets"):
        assert main([command]) == 1
        assert "kubectl is not on PATH" in capsys.readouterr().err


def test_without_a_cluster_there_is_one_line(
    kubectl: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = "E1128 memcache.go:265 …\nThe connection to the server localhost:8080 was refused"
    kubectl.tell(("version", 1, refused))
    assert main(["deploy", "--overlay", "local"]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "no cluster answers (The connection to the server localhost:8080 was refused)" in said
    assert kubectl.verbs == ["version"]


def test_an_overlay_that_is_not_there_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["render", "--overlay", "prod"]) == 1
    assert (
        "there is no overlay prod; there are local, local-load, production"
        in capsys.readouterr().err
    )


def test_rendering_prints_what_kustomize_makes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["render", "--overlay", "local"]) == 0
    objects = list(yaml.safe_load_all(capsys.readouterr().out))
    assert objects == deployment.load("local")


def test_what_is_an_examples_is_not_deployed(
    kubectl: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["deploy", "--overlay", "production"]) == 1
    said = capsys.readouterr().err
    assert "registry.example.com/airwave/feed" in said
    assert "airwave.example.com" in said
    assert not (kubectl.folder / "asked").exists()


def test_a_cluster_that_lacks_a_definition_gets_nothing(
    kubectl: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["deploy", "--overlay", "local"]) == 1
    assert "httproutes.gateway.networking.k8s.io" in capsys.readouterr().err
    assert "apply" not in kubectl.verbs


def test_an_overlay_is_applied_and_waited_for(
    kubectl: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    kubectl.tell(("get customresourcedefinition", 0, _definitions()))
    assert main(["deploy", "--overlay", "local"]) == 0
    said = capsys.readouterr().err
    assert "overlay local, context kind-airwave (Kubernetes v1.36.1)" in said
    (applied,) = (stdin for words, stdin in kubectl.asked if words[0] == "apply")
    assert list(yaml.safe_load_all(applied)) == deployment.load("local")
    waited = [words[2] for words, _ in kubectl.asked if words[0] == "rollout"]
    services = ["producer", "feed", "chat", "dashboard"]
    assert sorted(waited) == sorted(
        [*(f"deployment/{name}" for name in services), "statefulset/nats", "statefulset/valkey"]
    )


def test_passwords_have_to_be_there_first(kubectl: StandIn) -> None:
    objects = deployment.load("production")
    found = Kubectl(str(kubectl.program))
    with pytest.raises(ClusterError, match="nats-passwords, valkey-passwords; make secrets"):
        deployment.check_secrets(found, objects, "production")
    kubectl.tell(("get secret", 1, "namespaces airwave not found"))
    with pytest.raises(ClusterError, match="nats-passwords"):
        deployment.check_secrets(found, objects, "production")
    names = ("nats-passwords", "valkey-passwords")
    kubectl.tell(("get secret", 0, {"items": [{"metadata": {"name": name}} for name in names]}))
    deployment.check_secrets(found, objects, "production")


def test_missing_passwords_are_made_and_the_others_stay(
    kubectl: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    kubectl.tell(("get secret", 0, {"items": [{"metadata": {"name": "nats-passwords"}}]}))
    assert main(["secrets", "--overlay", "production"]) == 0
    (made,) = (json.loads(stdin) for words, stdin in kubectl.asked if words[0] == "create")
    assert made["metadata"] == {"name": "valkey-passwords", "namespace": "airwave"}
    values = made["stringData"]
    assert set(values) == {"chat", "replica", "sentinel"}
    assert len(set(values.values())) == 3
    assert all(value[0].isalpha() and value.isalnum() for value in values.values())
    shown = capsys.readouterr()
    assert not any(value in shown.err + shown.out for value in values.values())
    assert not any(
        value in " ".join(words) for words, _ in kubectl.asked for value in values.values()
    )


def test_data_stays_unless_it_is_to_go(kubectl: StandIn) -> None:
    assert main(["undeploy", "--overlay", "local"]) == 0
    (removed,) = (stdin for words, stdin in kubectl.asked if words[0] == "delete")
    assert "Namespace" not in {item["kind"] for item in yaml.safe_load_all(removed)}
    assert main(["undeploy", "--overlay", "local", "--data", "delete"]) == 0
    assert kubectl.asked[-1][0][:3] == ["delete", "namespace", "airwave"]


def test_a_service_is_scaled_by_hand_where_nobody_else_does(
    kubectl: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["scale", "--service", "feed", "--replicas", "5"]
    assert main(command) == 0
    assert ["scale", "deployment/feed", "--replicas=5", "--namespace", "airwave"] in [
        words for words, _ in kubectl.asked
    ]
    # KEDA's ScaledObject makes one of these, too.
    scaler = {
        "metadata": {"name": "keda-hpa-feed"},
        "spec": {"scaleTargetRef": {"name": "feed"}, "minReplicas": 2, "maxReplicas": 10},
    }
    kubectl.tell(("get horizontalpodautoscaler", 0, {"items": [scaler]}))
    before = kubectl.verbs.count("scale")
    assert main(command) == 1
    assert "feed is scaled by keda-hpa-feed" in capsys.readouterr().err
    assert kubectl.verbs.count("scale") == before
    assert main(["scale", "--service", "chat", "--replicas", "2"]) == 0


@pytest.mark.parametrize(
    ("service", "why"), [("producer", "twice"), ("nats", "nats-cluster"), ("fed", "none of feed")]
)
def test_what_can_not_be_scaled_by_hand_says_why(
    service: str, why: str, kubectl: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["scale", "--service", service, "--replicas", "2"]) == 1
    assert why in capsys.readouterr().err
    assert not (kubectl.folder / "asked").exists()
