"""Prometheus: asks the admin ports, and judges what they say by our rules."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path

from infra.ports import LOOPBACK, free_port
from infra.repository import INFRA
from infra.servers import binaries, probes
from infra.servers.program import Program, inherited
from infra.servers.server import Server
from infra.template import render
from infra.watch import rules

_TEMPLATE = INFRA / "prometheus" / "prometheus.yml.template"
_JOB = """\
  - job_name: airwave/{name}
    static_configs:
      - targets: ["{address}"]
        labels: {{namespace: airwave, pod: {name}}}"""


class PrometheusServer(Server):
    """A Prometheus that keeps two days in ``directory``.

    ``targets``: where ``/metrics`` of each service is, as ``host:port`` by its name. A port that is
    not given is a free one.
    """

    def __init__(
        self,
        directory: Path,
        *,
        targets: Mapping[str, str],
        interval: timedelta = timedelta(seconds=5),
        port: int | None = None,
    ) -> None:
        super().__init__(name="prometheus", directory=directory)
        self.port = port or free_port()
        self._targets = dict(targets)
        self._interval = interval

    @property
    def url(self) -> str:
        """Of its page and of its HTTP API."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def program(self) -> Program:
        """What is run."""
        conf = self.directory / "prometheus.yml"
        return Program(
            name=self.name,
            command=(
                str(binaries.prometheus()),
                f"--config.file={conf}",
                f"--storage.tsdb.path={self.directory / 'series'}",
                "--storage.tsdb.retention.time=2d",
                f"--web.listen-address={LOOPBACK}:{self.port}",
                "--enable-feature=exemplar-storage",
                "--log.level=warn",
            ),
            environment=inherited(),
            addresses=f"{LOOPBACK}:{self.port}",
            prepare=partial(self._write_conf, conf),
            ready=probes.http_get(LOOPBACK, self.port, "/-/ready"),
        )

    def _write_conf(self, conf: Path) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        rules.write(self.directory / "rules.yml")
        jobs = [_JOB.format(name=name, address=to) for name, to in self._targets.items()]
        values = {
            "interval": f"{self._interval.total_seconds():g}s",
            "jobs": "\n".join(jobs),
        }
        conf.write_text(render(_TEMPLATE, values), encoding="utf-8")
