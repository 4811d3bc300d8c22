"""Which proxies stand before the endpoint, by what they say of themselves. Pure."""

from collections.abc import Iterable
from typing import Final

from doctor.knobs import Proxy
from doctor.recording import Head, Recording

_SERVERS: Final = (
    ("cloudflare", Proxy.CLOUDFLARE),
    ("nginx", Proxy.NGINX),
    ("openresty", Proxy.NGINX),
    ("envoy", Proxy.ENVOY),
    ("awselb", Proxy.ALB),
    ("caddy", Proxy.CADDY),
    ("haproxy", Proxy.HAPROXY),
    ("google frontend", Proxy.GKE),
)
_HEADERS: Final = (
    ("cf-ray", Proxy.CLOUDFLARE),
    ("x-envoy-upstream-service-time", Proxy.ENVOY),
    ("x-amzn-trace-id", Proxy.ALB),
)
_VIAS: Final = (("caddy", Proxy.CADDY), ("1.1 google", Proxy.GKE), ("haproxy", Proxy.HAPROXY))
# Their own pages of errors, which say it even where Server is hidden.
_BODIES: Final = (
    (b"<center>nginx", Proxy.NGINX),
    (b"<center>openresty", Proxy.NGINX),
    (b"Your browser sent an invalid request.", Proxy.HAPROXY),
    (b"No server is available to handle this request.", Proxy.HAPROXY),
    (b"upstream connect error or disconnect/reset before headers", Proxy.ENVOY),
    (b"no healthy upstream", Proxy.ENVOY),
    (b"upstream request timeout", Proxy.ENVOY),
)
_GO: Final = b"400 Bad Request: missing required Host header"


def recognise(recordings: Iterable[Recording]) -> tuple[Proxy, ...]:
    """The proxies that gave themselves away, in the order of `Proxy`."""
    seen: set[Proxy] = set()
    go = False
    for recording in recordings:
        if recording.head is not None:
            seen |= _by_head(recording.head)
        seen |= {proxy for mark, proxy in _BODIES if mark in recording.body}
        go = go or _GO in recording.body
    # Caddy says who it is; what else refuses in Go's words before a service is most likely this.
    if go and not seen:
        seen.add(Proxy.TRAEFIK)
    return tuple(proxy for proxy in Proxy if proxy in seen)


def _by_head(head: Head) -> set[Proxy]:
    server, via = head.get("server").lower(), head.get("via").lower()
    return {
        *(proxy for mark, proxy in _SERVERS if mark in server),
        *(proxy for mark, proxy in _VIAS if mark in via),
        *(proxy for name, proxy in _HEADERS if head.all(name)),
    }
