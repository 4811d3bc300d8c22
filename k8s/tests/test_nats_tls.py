"""Three real servers on what the component tls-nats renders, and clients that believe its CA."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.certificates import issue
from manifests import kustomize
from manifests.folders import K8S
from manifests.objects import Object, named, parse, pod
from manifests.trying.nats import cluster


@pytest.fixture(scope="module")
def objects() -> list[Object]:
    return parse(kustomize.render(K8S / "tests" / "nats-cluster-tls"))


def _streams(url: str, ca: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "realtime.streams", *command, "--nats-url", url],
        env={**os.environ, "SSL_CERT_FILE": str(ca)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_clients_speak_tls_to_whom_their_authority_has_signed(
    objects: list[Object], tmp_path: Path
) -> None:
    good, bad = issue(tmp_path / "good"), issue(tmp_path / "bad")
    with cluster(objects, tmp_path, tls=good) as running:
        url = running.url("admin", running.ports[0], scheme="tls")
        backup = ("backup", str(tmp_path / "backup"))
        assert "in time: connect" in _streams(url, bad / "ca.crt", *backup).stdout
        # The first that asks waits for the servers to elect.
        made = _streams(url, good / "ca.crt", "setup", "--replicas", "3")
        assert made.returncode == 0, made.stdout
        nobodys = _streams(url, good / "ca.crt", *backup, "--stream", "NOBODYS")
        assert "stream not found" in nobodys.stdout
        assert _streams(url, good / "ca.crt", *backup).returncode == 0
        back = _streams(url, good / "ca.crt", "restore", backup[1], "--replace")
        assert back.returncode == 0, back.stdout
        facts = json.loads((tmp_path / "backup" / "CHAT" / "backup.json").read_text())
        assert facts["config"]["num_replicas"] == 3


@pytest.mark.parametrize(
    "workload", ["Deployment/producer", "Deployment/feed", "Deployment/chat", "Job/streams"]
)
def test_every_client_asks_for_tls_and_has_the_authority(
    objects: list[Object], workload: str
) -> None:
    (container,) = pod(named(objects, *workload.split("/")))["containers"]
    given = {one["name"]: one.get("value", "") for one in container["env"]}
    (url,) = (value for name, value in given.items() if name.endswith("_NATS_URL"))
    assert url.startswith("tls://")
    mounts = {mount["mountPath"] for mount in container["volumeMounts"]}
    assert str(Path(given["SSL_CERT_FILE"]).parent) in mounts
