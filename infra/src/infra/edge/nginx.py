"""nginx: its configuration as files of one folder, rendered from the timeouts and the site."""

import grp
import os
import resource
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from infra.edge.site import Site
from infra.edge.timeouts import Timeouts
from infra.edge.writing import delays_ms, seconds
from infra.errors import InfraError
from infra.repository import INFRA
from infra.template import quoted, render

CONF: Final = "nginx.conf"
_TEMPLATES: Final = INFRA / "edge" / "nginx"
_HEADER_BUFFER_BYTES: Final = 8192  # one header line may be as long as one buffer
_MOST_CONNECTIONS: Final = 32768  # of one worker: 10,000 streams of each service, two ends each
_OPERATORS_ONLY: Final = ("metrics", "livez", "readyz")

_CSP: Final = (
    "default-src 'self'; script-src 'self'; style-src 'self'; connect-src 'self';"
    " img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'; require-trusted-types-for 'script'"
)
_PERMISSIONS: Final = ", ".join(
    f"{feature}=()"
    for feature in ("camera", "geolocation", "microphone", "payment", "usb", "browsing-topics")
)
_PROBLEMS: Final = (
    ("@too_large", 413, "Content Too Large", "The body is larger than the edge accepts."),
    ("@too_many", 429, "Too Many Requests", "This address asks too much. Try again later."),
    ("@bad_gateway", 502, "Bad Gateway", "The service is away. Try again."),
    ("@unavailable", 503, "Service Unavailable", "The service is away. Try again."),
    ("@gateway_timeout", 504, "Gateway Timeout", "The service did not answer in time. Try again."),
)
_REFUSED: Final = "per_ip"  # the word that feed and chat have for it
_COMES_AGAIN: Final = 429
"""The smallest status after which a client is told when to try again."""


class ConfRefusedError(InfraError):
    """``program`` does not accept a configuration; the lines are its own words."""

    def __init__(self, program: Path, said: str) -> None:
        super().__init__(f"{program} refuses the configuration:", *said.strip().splitlines())


def files(
    timeouts: Timeouts, site: Site, *, as_root: bool, connections: int | None = None
) -> dict[str, str]:
    """The configuration's files by name; ``connections`` of a worker are this machine's else.

    ``as_root`` is whether nginx will be started by root, whose workers then stay root: by default
    they become "nobody", who may be kept out of the checkout. An ordinary user's nginx would warn
    of the directive.
    """
    values = {
        "nginx.conf": _main(timeouts, site, as_root=as_root)
        | ({} if connections is None else {"worker_connections": str(connections)}),
        "page.conf": {"csp": _CSP, "permissions": _PERMISSIONS},
        "upstream.conf": {"connect": seconds(timeouts.edge.connect)},
        "stream.conf": {"idle": seconds(timeouts.edge.idle)},
        "elsewhere.conf": {},
        "call.conf": {"response": seconds(timeouts.edge.response)},
        "problems.conf": {},
        "problem.conf": {},
    }
    return {
        name: render(_TEMPLATES / f"{name}.template", filled) for name, filled in values.items()
    }


def write(timeouts: Timeouts, site: Site, folder: Path) -> None:
    """Write the configuration for this user and this machine into ``folder``."""
    (folder / "tmp").mkdir(parents=True, exist_ok=True)
    for name, text in files(timeouts, site, as_root=os.geteuid() == 0).items():
        (folder / name).write_text(text, encoding="utf-8")


def command(program: Path, folder: Path) -> tuple[str, ...]:
    """How nginx is started on the configuration in ``folder``."""
    # -e: Debian's nginx would otherwise complain that it may not write to /var/log/nginx.
    return (str(program), "-e", "stderr", "-p", f"{folder}/", "-c", CONF)


def check(program: Path, folder: Path) -> None:
    """Have ``program`` read the configuration in ``folder``.

    Raises:
        ConfRefusedError: it does not accept it, or accepts it with a warning.
    """
    asked = subprocess.run(  # noqa: S603 - an nginx that we looked up ourselves
        [*command(program, folder), "-t", "-q"],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    if asked.returncode != 0 or asked.stderr.strip():
        raise ConfRefusedError(program, asked.stderr or f"status {asked.returncode}")


def accepts(program: Path, folder: Path) -> bool:
    """Whether ``program`` accepts the configuration in ``folder``."""
    try:
        check(program, folder)
    except (ConfRefusedError, OSError, subprocess.TimeoutExpired):
        return False
    return True


def on_path() -> Path | None:
    """The machine's own nginx, also where Debian keeps it from ordinary users' PATH."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    return Path(found) if found else None


def _main(timeouts: Timeouts, site: Site, *, as_root: bool) -> dict[str, str]:
    edge, limits = timeouts.edge, timeouts.limits
    return {
        "user": f"user root {grp.getgrgid(0).gr_name};\n" if as_root else "",
        "worker_connections": str(_worker_connections()),
        "edge_shutdown": seconds(timeouts.drain.edge_shutdown),
        "client_header": seconds(edge.client_header),
        "client_body": seconds(edge.client_body),
        "client_keepalive": seconds(edge.client_keepalive),
        "send": seconds(edge.send),
        "upstream_keepalive": seconds(edge.upstream_keepalive),
        "body_bytes": str(limits.body_bytes),
        "header_buffers": f"{limits.header_bytes // _HEADER_BUFFER_BYTES} {_HEADER_BUFFER_BYTES}",
        "busy_ms": _spread(delays_ms(timeouts.retry)),
        "retry_after": _spread(sorted({-(-ms // 1000) for ms in delays_ms(timeouts.retry)})),
        "feed": _servers("feed", site.feed, site.resolver),
        "chat": _servers("chat", site.chat, site.resolver),
        "count_loopback": "1" if site.limit_loopback else "0",
        "connections_per_address": str(limits.connections_per_address),
        "requests_per_second": str(limits.requests_per_second),
        "request_burst": str(limits.request_burst),
        "refused_reason": _REFUSED,
        "listen": site.listen,
        "tls": _tls(site.tls) if site.tls else "",
        "dashboard": quoted(str(site.dashboard)),
        "hidden": _hidden(),
        "problems": "\n".join(_problem(*problem) for problem in _PROBLEMS),
    }


def _worker_connections() -> int:
    """As many as the descriptors allow: nginx warns of more."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MOST_CONNECTIONS if hard == resource.RLIM_INFINITY else min(hard, _MOST_CONNECTIONS)


def _tls(pem: Path) -> str:
    """What follows ``listen``; needs nginx 1.25.1 or newer, for HTTP/2 beside HTTP/1.1."""
    name = quoted(str(pem))
    lines = (
        "",
        f"ssl_certificate {name}",
        f"ssl_certificate_key {name}",
        "http2 on",
        # Who asks without TLS is shown where it is.
        "error_page 497 =308 https://$http_host$request_uri",
    )
    return " ssl" + ";\n    ".join(lines)


def _spread(values: Iterable[int]) -> str:
    """Lines of split_clients that give each value the same share."""
    *most, last = values
    share = 100 / (len(most) + 1)
    lines = [f"    {share:.2f}% {value};" for value in most]
    return "\n".join([*lines, f"    * {last};"])


def _servers(name: str, addresses: tuple[str, ...], resolver: str | None) -> str:
    # max_fails=0: a replica that was away is asked again at once, not after 10 s.
    asked = [f"zone {name} 256k;", f"resolver {resolver} valid=2s ipv6=off;"] if resolver else []
    again = " resolve" if resolver else ""
    servers = [f"server {address}{again} max_fails=0;" for address in addresses]
    return "\n".join(f"    {line}" for line in (*asked, *servers))


def _hidden() -> str:
    return "\n".join(
        f"    location = /{service}/{route} {{ error_page 404 = @not_found; return 404; }}"
        for service in ("feed", "chat")
        for route in _OPERATORS_ONLY
    )


def _problem(location: str, status: int, title: str, detail: str) -> str:
    retry = "      add_header Retry-After $retry_after always;\n" if status >= _COMES_AGAIN else ""
    body = f'{{"type":"about:blank","title":"{title}","status":{status},"detail":"{detail}"}}'
    return (
        f"    location {location} {{\n      include problem.conf;\n{retry}"
        f"      return {status} '{body}';\n    }}"
    )
