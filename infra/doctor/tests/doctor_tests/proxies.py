"""HAProxy, Traefik, Caddy and Envoy with the shortest configuration that carries our streams.

Each takes one bad knob in place of a good one. ``/readings`` goes to the feed, ``/ws`` to the chat.
"""

from dataclasses import dataclass
from pathlib import Path

from infra.edge.proxies import environment
from infra.ports import LOOPBACK, free_port
from infra.servers import binaries, probes
from infra.servers.program import Program, inherited
from infra.servers.server import Server

from .stack import Services

HAPROXY = """
global
  stats timeout 5s
defaults
  mode http
  timeout connect 2s
  timeout client 75s
  timeout server {idle}
  timeout tunnel {tunnel}
  option http-no-delay
frontend edge
  bind 127.0.0.1:{port}
  {extra}
  use_backend chat if {{ path /ws }}
  default_backend feed
backend feed
  server one {feed}
backend chat
  server one {chat}
"""
TRAEFIK = """
global: {{checkNewVersion: false, sendAnonymousUsage: false}}
entryPoints:
  web:
    address: 127.0.0.1:{port}
    transport: {{respondingTimeouts: {{writeTimeout: {total}}}}}
providers: {{file: {{filename: "{folder}/routes.yaml"}}}}
"""
TRAEFIK_ROUTES = """
http:
  routers:
    chat: {{rule: "Path(`/ws`)", service: chat, entryPoints: [web], priority: 100}}
    feed: {{rule: "PathPrefix(`/`)", service: feed, entryPoints: [web]{extra}}}
  services:
    chat: {{loadBalancer: {{servers: [{{url: "http://{chat}"}}]}}}}
    feed: {{loadBalancer: {{servers: [{{url: "http://{feed}"}}]}}}}
  middlewares:
    collect: {{buffering: {{memResponseBodyBytes: 4096}}}}
"""
CADDY = """
{{
  admin off
  auto_https off
  persist_config off
}}
http://127.0.0.1:{port} {{
  handle /ws {{
    reverse_proxy {chat} {{
      {extra}
    }}
  }}
  handle {{
    reverse_proxy {feed} {{
      flush_interval -1
      transport http {{
        read_timeout {idle}
      }}
    }}
  }}
}}
"""
ENVOY = """
static_resources:
  listeners:
  - address: {{socket_address: {{address: 127.0.0.1, port_value: {port}}}}}
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": {types}.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: edge
          stream_idle_timeout: {idle}
          {extra}
          http_filters:
          - name: envoy.filters.http.router
            typed_config: {{"@type": {types}.http.router.v3.Router}}
          route_config:
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes:
              - {{match: {{path: /ws}}, route: {{cluster: chat, timeout: 0s}}}}
              - {{match: {{prefix: /}}, route: {{cluster: feed, timeout: {total}}}}}
  clusters:
  - name: feed
    load_assignment:
      cluster_name: feed
      endpoints:
      - lb_endpoints:
        - endpoint: {{address: {{socket_address: {{address: 127.0.0.1, port_value: {feed_port}}}}}}}
  - name: chat
    load_assignment:
      cluster_name: chat
      endpoints:
      - lb_endpoints:
        - endpoint: {{address: {{socket_address: {{address: 127.0.0.1, port_value: {chat_port}}}}}}}
"""

GOOD = {"idle": "75s", "tunnel": "75s", "total": "0s", "extra": ""}


@dataclass(frozen=True)
class Kind:
    """How a proxy is configured and started; ``{conf}`` in a command is the first file."""

    program: str
    files: dict[str, str]
    command: tuple[str, ...]
    extra: str = ""


KINDS = {
    "haproxy": Kind("haproxy", {"haproxy.cfg": HAPROXY}, ("-db", "-f", "{conf}")),
    "traefik": Kind(
        "traefik",
        {"traefik.yaml": TRAEFIK, "routes.yaml": TRAEFIK_ROUTES},
        ("--configfile={conf}",),
    ),
    "caddy": Kind(
        "caddy",
        {"Caddyfile": CADDY},
        ("run", "--adapter", "caddyfile", "--config", "{conf}"),
    ),
    "envoy": Kind(
        "envoy",
        {"envoy.yaml": ENVOY},
        ("-c", "{conf}", "--concurrency", "1", "--log-level", "error", "--use-dynamic-base-id"),
        extra="upgrade_configs: [{upgrade_type: websocket}]",
    ),
}


class ProxyServer(Server):
    """One of `KINDS` before the services, its settings good but for ``knobs``."""

    def __init__(self, directory: Path, kind: str, behind: Services, **knobs: str) -> None:
        super().__init__(name=kind, directory=directory)
        self.port = free_port()
        self._kind = KINDS[kind]
        self._values = {
            **GOOD,
            "extra": self._kind.extra,
            "types": "type.googleapis.com/envoy.extensions.filters",
            **knobs,
            "port": str(self.port),
            "folder": str(self.directory),
            "feed": behind.feed,
            "chat": behind.chat,
            "feed_port": behind.feed.rpartition(":")[2],
            "chat_port": behind.chat.rpartition(":")[2],
        }

    @property
    def program(self) -> Program:
        """What is run."""
        kind = self._kind
        conf = str(self.directory / next(iter(kind.files)))
        binary = binaries.in_environment(kind.program)
        return Program(
            name=self.name,
            command=(str(binary), *(part.replace("{conf}", conf) for part in kind.command)),
            environment={**inherited(), **environment(binary, self.directory)},
            prepare=self._write,
            ready=probes.http_get(LOOPBACK, self.port, "/sensors"),
        )

    def _write(self) -> None:
        for name, template in self._kind.files.items():
            (self.directory / name).write_text(template.format(**self._values))
