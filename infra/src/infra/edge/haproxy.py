"""HAProxy 2.8: one file."""

from pathlib import Path
from typing import Final

from infra.edge.site import Site
from infra.edge.timeouts import Timeouts
from infra.edge.writing import RENDERED, busy_event, retry_after, seconds, template
from infra.template import quoted

CONF: Final = "haproxy.cfg"
_REWRITE_BYTES: Final = 1024  # tune.maxrewrite, which is taken off the buffer
_AWAY: Final = (502, 503, 504)


def files(timeouts: Timeouts, site: Site) -> dict[str, str]:
    """The configuration's files by name."""
    edge = timeouts.edge
    values = {
        "rendered": RENDERED,
        "edge_shutdown": seconds(timeouts.drain.edge_shutdown),
        "buffer_bytes": str(timeouts.limits.header_bytes + _REWRITE_BYTES),
        "connect": seconds(edge.connect),
        "idle": seconds(edge.idle),
        "response": seconds(edge.response),
        "client_header": seconds(edge.client_header),
        "client_keepalive": seconds(edge.client_keepalive),
        "listen": site.listen,
        "tls": f" ssl crt {quoted(str(site.tls))} alpn h2,http/1.1" if site.tls else "",
        "spread_ms": str(timeouts.retry.longest_ms - timeouts.retry.shortest_ms + 1),
        "shortest_ms": str(timeouts.retry.shortest_ms),
        "busy": _busy(),
        "problems": _problems(retry_after(timeouts.retry)),
        "feed": _servers(timeouts, site.feed),
        "chat": _servers(timeouts, site.chat),
        "page": _servers(timeouts, site.page),
    }
    return {CONF: template("haproxy", CONF, values)}


def command(program: Path, folder: Path) -> tuple[str, ...]:
    """How it is started: a master, which reloads, and its worker."""
    return (str(program), "-W", "-db", "-f", str(folder / CONF))


def check_command(program: Path, folder: Path) -> tuple[str, ...]:
    """How it reads a configuration and says what is wrong with it."""
    return (str(program), "-c", "-q", "-f", str(folder / CONF))


def _servers(timeouts: Timeouts, addresses: tuple[str, ...]) -> str:
    limit = timeouts.limits.upstream_connections
    keep = seconds(timeouts.edge.upstream_keepalive)
    return "\n".join(
        f"  server replica-{number} {address} maxconn {limit} pool-purge-delay {keep}"
        for number, address in enumerate(addresses, 1)
    )


def _busy() -> str:
    said = busy_event("%[var(txn.busy_ms)]", end=r"\n").replace('"', r"\"")
    return "\n".join(
        f'  http-error status {status} content-type "text/event-stream; charset=utf-8"'
        f' lf-string "{said}"'
        for status in _AWAY
    )


def _problems(after: str) -> str:
    titles = ("Bad Gateway", "Service Unavailable", "Gateway Timeout")
    return "\n".join(
        f"  http-error status {status} content-type application/problem+json string"
        f""" '{{"type":"about:blank","title":"{title}","status":{status}}}'"""
        f" hdr Retry-After {after}"
        for status, title in zip(_AWAY, titles, strict=True)
    )
