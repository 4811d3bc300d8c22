"""Envoy 1.40: what it is started with, and the listener that it watches."""

import json
from pathlib import Path
from typing import Final

from infra.edge.site import Site
from infra.edge.timeouts import Retry, Timeouts
from infra.edge.writing import RENDERED, busy_event, delays_ms, retry_after, seconds, template
from infra.template import quoted

CONF: Final = "envoy.yaml"
LISTENERS: Final = "listeners.yaml"
_MILLION: Final = 1_000_000


def files(timeouts: Timeouts, site: Site) -> dict[str, str]:
    """The configuration's files by name."""
    return {CONF: _bootstrap(timeouts, site), LISTENERS: _listeners(timeouts, site)}


def command(program: Path, folder: Path, timeouts: Timeouts) -> tuple[str, ...]:
    """How it is started: in its folder, for the listeners' file is named without one."""
    drain = str(int(timeouts.drain.edge_shutdown.total_seconds()))
    options = ("-c", CONF, "--log-level", "warn", "--use-dynamic-base-id")
    drains = ("--drain-time-s", drain, "--drain-strategy", "immediate")
    return ("/bin/sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", str(folder), str(program),
            *options, *drains)  # fmt: skip


def check_command(program: Path, folder: Path) -> tuple[str, ...]:
    """How it reads a configuration and says what is wrong with it."""
    return ("/bin/sh", "-c", 'cd "$1" && exec "$2" --mode validate -c envoy.yaml', "sh",
            str(folder), str(program))  # fmt: skip


def _bootstrap(timeouts: Timeouts, site: Site) -> str:
    clusters = (
        _cluster(timeouts, name, addresses)
        for name, addresses in (("feed", site.feed), ("chat", site.chat), ("page", site.page))
    )
    values = {
        "rendered": RENDERED,
        "drain_s": str(int(timeouts.drain.edge_shutdown.total_seconds())),
        "clusters": "".join(clusters).rstrip("\n"),
    }
    return template("envoy", CONF, values)


def _cluster(timeouts: Timeouts, name: str, addresses: tuple[str, ...]) -> str:
    values = {
        "name": name,
        "connect": seconds(timeouts.edge.connect),
        "upstream_connections": str(timeouts.limits.upstream_connections),
        "upstream_keepalive": seconds(timeouts.edge.upstream_keepalive),
        "endpoints": "\n".join(map(_endpoint, addresses)),
    }
    return template("envoy", "cluster.yaml", values)


def _endpoint(address: str) -> str:
    host, _, port = address.rpartition(":")
    where = f"{{socket_address: {{address: {host}, port_value: {port}}}}}"
    return f"              - endpoint: {{address: {where}}}"


def _listeners(timeouts: Timeouts, site: Site) -> str:
    edge = timeouts.edge
    values = {
        "rendered": RENDERED,
        "host": site.host,
        "port": site.port,
        "tls": _certificate(site.tls) if site.tls else "",
        "idle": seconds(edge.idle),
        "response": seconds(edge.response),
        "client_header": seconds(edge.client_header),
        "client_keepalive": seconds(edge.client_keepalive),
        "header_kb": str(timeouts.limits.header_bytes // 1024),
        "pre_stop": seconds(timeouts.drain.pre_stop),
        "busy": _busy(timeouts.retry),
        "retry_after": retry_after(timeouts.retry),
    }
    return template("envoy", LISTENERS, values)


def _certificate(pem: Path) -> str:
    return template("envoy", "tls.yaml", {"pem": quoted(str(pem))}).removesuffix("\n")


def _busy(retry: Retry) -> str:
    """One mapper for each delay; the n-th of those left is taken with a chance of one in n.

    Envoy has no random number for a text, but its filters have chances.
    """
    delays = delays_ms(retry)
    mappers = (_mapper(delay, len(delays) - index) for index, delay in enumerate(delays))
    return "".join(mappers).removesuffix("\n")


def _mapper(delay: int, left: int) -> str:
    # A percent sign in the text would begin one of Envoy's own variables; the event has none.
    values = {"chance": str(_MILLION // left), "busy": json.dumps(busy_event(delay))}
    return template("envoy", "busy.yaml", values)
