"""Caddy 2.11: one Caddyfile."""

from pathlib import Path
from typing import Final

from infra.edge.site import Site
from infra.edge.timeouts import Retry, Timeouts
from infra.edge.writing import RENDERED, busy_event, delays_ms, retry_after, seconds, template
from infra.template import quoted

CONF: Final = "Caddyfile"


def files(timeouts: Timeouts, site: Site) -> dict[str, str]:
    """The configuration's files by name."""
    edge, limits = timeouts.edge, timeouts.limits
    pem = quoted(str(site.tls)) if site.tls else ""
    values = {
        "rendered": RENDERED,
        "edge_shutdown": seconds(timeouts.drain.edge_shutdown),
        "header_bytes": str(limits.header_bytes),
        "body_bytes": str(limits.body_bytes),
        "client_header": seconds(edge.client_header),
        "client_body": seconds(edge.client_body),
        "client_keepalive": seconds(edge.client_keepalive),
        "connect": seconds(edge.connect),
        "idle": seconds(edge.idle),
        "response": seconds(edge.response),
        "upstream_keepalive": seconds(edge.upstream_keepalive),
        "scheme": "https" if site.tls else "http",
        "listen": f":{site.port}",
        "host": site.host,
        "tls": f"\n\ttls {pem} {pem}" if site.tls else "",
        "busy_ms": _buckets(timeouts.retry),
        "longest_ms": str(timeouts.retry.longest_ms),
        "busy": busy_event("{busy_ms}").replace('"', r"\""),
        "retry_after": retry_after(timeouts.retry),
        "feed": " ".join(site.feed),
        "chat": " ".join(site.chat),
        "page": " ".join(site.page),
    }
    return {CONF: template("caddy", CONF, values)}


def command(program: Path, folder: Path) -> tuple[str, ...]:
    """How it is started."""
    return (str(program), "run", "--adapter", "caddyfile", "--config", str(folder / CONF))


def check_command(program: Path, folder: Path) -> tuple[str, ...]:
    """How it reads a configuration and says what is wrong with it."""
    return (str(program), "validate", "--adapter", "caddyfile", "--config", str(folder / CONF))


def _buckets(retry: Retry) -> str:
    """A delay for each first digit of a random UUID."""
    return "\n".join(f"\t\t~^{digit:x} {delay}" for digit, delay in enumerate(delays_ms(retry)))
