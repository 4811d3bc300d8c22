"""The real servers take the configuration that their pods are given."""

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from infra.edge.nginx import files
from infra.edge.site import Site
from infra.edge.timeouts import load
from infra.ports import free_ports
from infra.servers import binaries
from manifests.objects import Object, of_kind


def _write(objects: list[Object], name: str, directory: Path) -> Path:
    (data,) = (
        item["data"]
        for item in of_kind(objects, "ConfigMap")
        if item["metadata"]["name"].startswith(f"{name}-")
    )
    for file, text in data.items():
        # The pod's folders are its own; this machine's are not.
        here = re.sub(r"(?<![\w/.])/(data|tmp)\b", str(directory), text)
        (directory / file).write_text(here, encoding="utf-8")
    return directory / f"{name}.conf"


def _run(command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - servers that we looked up ourselves
        command, capture_output=True, text=True, timeout=20, check=False
    )


def test_nats_takes_its_configuration(local: list[Object], tmp_path: Path) -> None:
    conf = _write(local, "nats", tmp_path)
    checked = _run([binaries.nats_server(), "-t", "--config", conf, "--name", "nats-0"])
    assert checked.returncode == 0, checked.stderr


def test_valkey_starts_on_its_configuration(local: list[Object], tmp_path: Path) -> None:
    conf = _write(local, "valkey", tmp_path)
    (port,) = free_ports(1)
    with subprocess.Popen(  # noqa: S603 - as above
        [binaries.valkey_server(), conf, "--port", str(port), "--bind", "127.0.0.1"],
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        said = []
        for line in server.stdout:
            said.append(line)
            if "Ready to accept connections" in line:
                break
        server.terminate()
    assert "Ready to accept connections" in said[-1], "".join(said)
    assert (tmp_path / "appendonlydir").is_dir()


def test_nginx_takes_the_configuration_of_the_page(local: list[Object], tmp_path: Path) -> None:
    _write(local, "dashboard", tmp_path)
    conf = tmp_path / "nginx.conf"
    checked = _run([binaries.nginx_in_wheel(), "-t", "-q", "-e", "stderr", "-c", conf])
    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_page_has_the_headers_of_the_local_edge(local: list[Object], tmp_path: Path) -> None:
    _write(local, "dashboard", tmp_path)
    site = Site(listen="127.0.0.1:80", feed=(), chat=(), dashboard=tmp_path)
    edge = files(load(), site, as_root=False)["page.conf"]
    assert (tmp_path / "page.conf").read_text(encoding="utf-8") == edge
