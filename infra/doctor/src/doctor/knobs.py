"""The settings that break or mend streams, by their real names in each proxy. Pure.

Sources: each proxy's reference; those of nginx, HAProxy, Traefik, Envoy were tried with the real
programs (nginx 1.31, HAProxy 2.8, Traefik 3.7, Envoy 1.40).
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Proxy(StrEnum):
    """Those whose settings we know."""

    NGINX = "nginx"
    HAPROXY = "HAProxy"
    TRAEFIK = "Traefik"
    CADDY = "Caddy"
    ENVOY = "Envoy"
    ALB = "AWS ALB"
    GKE = "GKE load balancer"
    CLOUDFLARE = "Cloudflare"


class Topic(StrEnum):
    """What a knob is about."""

    IDLE = "idle limit"
    TOTAL = "total limit"
    BUFFERING = "buffering"
    COMPRESSION = "compression"
    UPGRADE = "upgrade"
    ORIGIN = "origin"
    HTTP2 = "HTTP/2"
    CONNECTIONS = "connections"


_NGINX: Final = {
    Topic.IDLE: (
        "nginx: proxy_read_timeout (default 60s) and proxy_send_timeout, in the stream's location",
        "NGINX Gateway Fabric: ProxySettingsPolicy spec.timeout.read",
        "F5 NGINX Ingress: annotation nginx.org/proxy-read-timeout",
    ),
    Topic.BUFFERING: (
        "nginx: proxy_buffering off (and no proxy_ignore_headers X-Accel-Buffering)",
        "NGINX Gateway Fabric: ProxySettingsPolicy spec.buffering.disable: true",
        'F5 NGINX Ingress: annotation nginx.org/proxy-buffering: "false"',
    ),
    Topic.COMPRESSION: (
        "nginx: gzip off in the stream's location, or no text/event-stream in gzip_types",
    ),
    Topic.UPGRADE: (
        "nginx: proxy_http_version 1.1",
        'nginx: proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade"',
        "F5 NGINX Ingress: annotation nginx.org/websocket-services",
    ),
    Topic.ORIGIN: ("nginx: no proxy_set_header Origin (the service has to see the browser's own)",),
    Topic.HTTP2: ("nginx: http2 on (in a server with listen … ssl)",),
    Topic.CONNECTIONS: ("nginx: limit_conn, limit_req, worker_connections",),
}
_HAPROXY: Final = {
    Topic.IDLE: ("HAProxy: timeout server and timeout client; after an upgrade: timeout tunnel",),
    Topic.BUFFERING: ("HAProxy: option http-no-delay; no option http-buffer-request",),
    Topic.COMPRESSION: ("HAProxy: no text/event-stream in compression type",),
    Topic.UPGRADE: ("HAProxy: no http-request del-header Upgrade; timeout tunnel set",),
    Topic.ORIGIN: ("HAProxy: no http-request set-header or del-header Origin",),
    Topic.HTTP2: ("HAProxy: bind … alpn h2,http/1.1",),
    Topic.CONNECTIONS: ("HAProxy: maxconn (global, frontend, server)",),
}
_TRAEFIK: Final = {
    Topic.IDLE: (
        "Traefik: entryPoints.<name>.transport.respondingTimeouts.writeTimeout: 0",
        "Traefik: serversTransport.forwardingTimeouts (readIdleTimeout, responseHeaderTimeout)",
    ),
    Topic.TOTAL: (
        "Traefik: entryPoints.<name>.transport.respondingTimeouts.writeTimeout: 0 (its default)",
        "Traefik: HTTPRoute.timeouts is accepted and ignored",
    ),
    Topic.BUFFERING: (
        "Traefik: no buffering middleware on the stream's router",
        "Traefik: loadBalancer.responseForwarding.flushInterval",
    ),
    Topic.COMPRESSION: (
        "Traefik: compress middleware with excludedContentTypes: [text/event-stream]",
    ),
    Topic.UPGRADE: ("Traefik: no headers middleware that empties Upgrade or Connection",),
    Topic.ORIGIN: ("Traefik: no headers.customRequestHeaders.Origin",),
    Topic.HTTP2: ("Traefik: tls.options.<name>.alpnProtocols has to contain h2",),
    Topic.CONNECTIONS: ("Traefik: inFlightReq and rateLimit middlewares",),
}
_CADDY: Final = {
    Topic.IDLE: ("Caddy: reverse_proxy { transport http { read_timeout … write_timeout … } }",),
    Topic.TOTAL: (
        "Caddy: servers { timeouts { write … } } unset; reverse_proxy { stream_timeout … } unset",
    ),
    Topic.BUFFERING: ("Caddy: reverse_proxy { flush_interval -1 }; no response_buffers",),
    Topic.COMPRESSION: ("Caddy: encode { match { not header Content-Type text/event-stream* } }",),
    Topic.UPGRADE: ("Caddy: no header_up -Upgrade or -Connection in reverse_proxy",),
    Topic.ORIGIN: ("Caddy: no header_up Origin in reverse_proxy",),
    Topic.HTTP2: ("Caddy: servers { protocols h1 h2 }",),
}
_ENVOY: Final = {
    Topic.IDLE: (
        "Envoy: stream_idle_timeout (default 5 min), route idle_timeout",
        "Envoy Gateway: BackendTrafficPolicy spec.timeout.http.streamIdleTimeout",
        "Envoy Gateway: ClientTrafficPolicy spec.timeout.http.streamIdleTimeout",
    ),
    Topic.TOTAL: (
        "Envoy: route timeout: 0s (default 15s), max_stream_duration unset",
        "Envoy Gateway: HTTPRoute spec.rules[].timeouts.request: 0s",
    ),
    Topic.BUFFERING: ("Envoy: no envoy.filters.http.buffer on the stream's route",),
    Topic.COMPRESSION: (
        "Envoy: no text/event-stream in the compressor's content_type",
        "Envoy Gateway: BackendTrafficPolicy spec.compression",
    ),
    Topic.UPGRADE: (
        "Envoy: upgrade_configs: [{upgrade_type: websocket}]",
        "Envoy Gateway: no BackendTrafficPolicy spec.requestBuffer on the route",
    ),
    Topic.ORIGIN: ("Envoy: no request_headers_to_add or _to_remove with Origin",),
    Topic.HTTP2: ("Envoy: common_tls_context.alpn_protocols: [h2, http/1.1]",),
    Topic.CONNECTIONS: (
        "Envoy: circuit_breakers.thresholds max_connections, max_requests (default 1024)",
        "Envoy Gateway: BackendTrafficPolicy spec.circuitBreaker.maxConnections",
        "Envoy Gateway: BackendTrafficPolicy spec.circuitBreaker.maxParallelRequests",
    ),
}
_ALB: Final = {
    Topic.IDLE: ("AWS ALB: attribute idle_timeout.timeout_seconds (default 60)",),
    Topic.HTTP2: ("AWS ALB: attribute routing.http2.enabled",),
}
_GKE: Final = {
    Topic.IDLE: ("GKE: GCPBackendPolicy spec.default.timeoutSec (default 30)",),
    Topic.TOTAL: (
        "GKE: GCPBackendPolicy spec.default.timeoutSec (default 30; the whole life of a WebSocket)",
    ),
}
_CLOUDFLARE: Final = {
    Topic.IDLE: (
        "Cloudflare: heartbeats; its proxy read timeout (100 to 120 s) is fixed below Enterprise",
    ),
    Topic.COMPRESSION: ("Cloudflare: Cache-Control: no-transform from the service",),
    Topic.UPGRADE: ("Cloudflare: Network → WebSockets: on",),
}
_TABLE: Final[Mapping[Proxy, Mapping[Topic, tuple[str, ...]]]] = {
    Proxy.NGINX: _NGINX,
    Proxy.HAPROXY: _HAPROXY,
    Proxy.TRAEFIK: _TRAEFIK,
    Proxy.CADDY: _CADDY,
    Proxy.ENVOY: _ENVOY,
    Proxy.ALB: _ALB,
    Proxy.GKE: _GKE,
    Proxy.CLOUDFLARE: _CLOUDFLARE,
}


def knobs(topic: Topic, proxies: tuple[Proxy, ...]) -> tuple[str, ...]:
    """The settings about ``topic`` of those ``proxies``; of all, where none was recognised."""
    asked = proxies or tuple(_TABLE)
    return tuple(knob for proxy in asked for knob in _TABLE[proxy].get(topic, ()))


def turns(topic: Topic, proxies: tuple[Proxy, ...]) -> bool:
    """Whether any of ``proxies`` has such a setting; of none recognised, one may have."""
    return bool(knobs(topic, proxies))
