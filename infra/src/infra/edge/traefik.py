"""Traefik 3.7: what it is started with, and the routes that it watches."""

from pathlib import Path
from typing import Final

from infra.edge.site import Site
from infra.edge.timeouts import Timeouts
from infra.edge.writing import RENDERED, seconds, template
from infra.template import quoted

CONF: Final = "traefik.yaml"
ROUTES: Final = "routes.yaml"


def files(timeouts: Timeouts, site: Site) -> dict[str, str]:
    """The configuration's files by name."""
    return {CONF: _static(timeouts, site), ROUTES: _routes(timeouts, site)}


def command(program: Path, folder: Path) -> tuple[str, ...]:
    """How it is started: in its folder, for the routes' file is named without one."""
    return ("/bin/sh", "-c", 'cd "$1" && exec "$2" --configfile=traefik.yaml', "sh", str(folder),
            str(program))  # fmt: skip


def _static(timeouts: Timeouts, site: Site) -> str:
    edge = timeouts.edge
    values = {
        "rendered": RENDERED,
        "listen": site.listen,
        "read": seconds(edge.client_header + edge.client_body),
        "client_keepalive": seconds(edge.client_keepalive),
        "pre_stop": seconds(timeouts.drain.pre_stop),
        "edge_shutdown": seconds(timeouts.drain.edge_shutdown),
        "header_bytes": str(timeouts.limits.header_bytes),
        "tls": "      tls: {}\n" if site.tls else "",
    }
    return template("traefik", CONF, values)


def _routes(timeouts: Timeouts, site: Site) -> str:
    edge = timeouts.edge
    values = {
        "rendered": RENDERED,
        "body_bytes": str(timeouts.limits.body_bytes),
        "connect": seconds(edge.connect),
        "idle": seconds(edge.idle),
        "response": seconds(edge.response),
        "upstream_keepalive": seconds(edge.upstream_keepalive),
        "feed": _servers(site.feed),
        "chat": _servers(site.chat),
        "page": _servers(site.page),
        "tls": _certificate(site.tls) if site.tls else "",
    }
    return template("traefik", ROUTES, values)


def _servers(addresses: tuple[str, ...]) -> str:
    return "\n".join(f'          - url: "http://{address}"' for address in addresses)


def _certificate(pem: Path) -> str:
    name = quoted(str(pem))
    return (
        "tls:\n  stores:\n    default:\n      defaultCertificate:\n"
        f"        certFile: {name}\n        keyFile: {name}\n"
    )
