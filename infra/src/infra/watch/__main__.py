"""``python -m infra.watch``: Prometheus beside ``make up``, or the dashboards rendered anew."""

import argparse
import asyncio
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from infra.errors import InfraError
from infra.local.settings import Settings, read
from infra.ports import LOOPBACK
from infra.repository import shown
from infra.servers import PrometheusServer
from infra.watch.alerts import follow
from infra.watch.boards import render

DEFAULT_PORT: Final = 9090
_ADMIN_PORTS: Final = {
    "feed": "FEED_ADMIN_PORT",
    "chat": "CHAT_ADMIN_PORT",
    "producer": "PRODUCER_ADMIN_PORT",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; 0 when all is well, 1 with one line for each problem."""
    parser = argparse.ArgumentParser(prog="python -m infra.watch", description=__doc__)
    parser.add_argument("what", choices=("run", "render"))
    asked = parser.parse_args(arguments)
    try:
        if asked.what == "render":
            render.write()
        else:
            watch(read(), port=_port(os.environ))
    except InfraError as error:
        sys.stderr.writelines(f"{line}\n" for line in error.lines)
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


def watch(settings: Settings, *, port: int) -> None:
    """Run until Ctrl-C; says which alerts begin and end.

    Raises:
        InfraError: Prometheus can't start, or ends.
    """
    with PrometheusServer(
        settings.data / "prometheus",
        targets={
            name: f"{LOOPBACK}:{settings.ports[variable]}"
            for name, variable in _ADMIN_PORTS.items()
        },
        port=port,
    ) as server:
        sys.stdout.write(
            f"watch: Prometheus is at {server.url}; it keeps two days in"
            f" {shown(server.directory)}/\n"
            f"watch: dashboards for Grafana are in {shown(render.DASHBOARDS)}/, and what to do"
            " about an alert in k8s/RUNBOOK.md\n"
        )
        asyncio.run(follow(server, sys.stdout))


def _port(environ: Mapping[str, str]) -> int:
    text = environ.get("PROMETHEUS_PORT") or str(DEFAULT_PORT)
    if not (text.isascii() and text.isdigit()):
        message = f"PROMETHEUS_PORT={text} is no port"
        raise InfraError(message)
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
