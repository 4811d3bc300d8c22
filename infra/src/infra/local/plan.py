"""Which servers a run consists of, in which order they start and in which they stop."""

from dataclasses import dataclass, replace
from typing import Final

from infra.certificates import BOTH
from infra.local.access import ADMIN, Access
from infra.local.settings import Settings, default_port, host_and_port
from infra.local.streams import made
from infra.ports import LOOPBACK
from infra.servers import (
    EdgeServer,
    NatsServer,
    Server,
    ValkeyServer,
    chat_server,
    feed_server,
    producer_server,
)

_FEED_AND_PAGE: Final = ("/", "/feed/sensors")

# Streams leave first, while the edge can still carry their farewell; then whoever fills the logs;
# then the edge; what keeps the logs goes last.
_STOP_ORDER: Final = (("feed", "chat"), ("producer",), ("edge",), ("valkey", "nats"))


@dataclass(frozen=True, kw_only=True)
class Plan:
    """``stages`` by start order, ``theirs`` what the user runs and where (name, address)."""

    stages: tuple[tuple[Server, ...], ...]
    theirs: tuple[tuple[str, str], ...]

    @property
    def servers(self) -> tuple[Server, ...]:
        """All of them, in start order."""
        return tuple(server for stage in self.stages for server in stage)

    @property
    def stop_order(self) -> tuple[tuple[str, ...], ...]:
        """Names, in groups that are stopped together."""
        names = {server.name for server in self.servers}
        return tuple(tuple(name for name in group if name in names) for group in _STOP_ORDER)


def plan(settings: Settings, access: Access, *, readable: bool) -> Plan:
    """The plan for ``settings``; ``readable`` asks the services for logs that people read."""
    stores, theirs = _stores(settings, access)
    services = _services(settings, access, readable=readable)
    return Plan(stages=(stores, services, (_edge(settings, access),)), theirs=theirs)


def _stores(
    settings: Settings, access: Access
) -> tuple[tuple[Server, ...], tuple[tuple[str, str], ...]]:
    ports, data = settings.ports, settings.data
    ours: list[Server] = []
    theirs: list[tuple[str, str]] = []
    if settings.nats_url:
        theirs.append(("nats", _address("NATS_URL", settings.nats_url)))
    else:
        ours.append(
            NatsServer(
                data / "nats",
                port=ports["NATS_PORT"],
                mqtt_port=ports["MQTT_PORT"],
                monitor_port=ports["NATS_MONITOR_PORT"],
                passwords=access.nats,
                tls=access.tls,
                made=made(access.nats_url(ADMIN), trust=access.trust),
            )
        )
    if settings.redis_url:
        theirs.append(("valkey", _address("REDIS_URL", settings.redis_url)))
    else:
        ours.append(
            # The one that speaks TLS may be older than ours, and an older one can't read what a
            # newer one wrote. What it lacks is rebuilt from the log.
            ValkeyServer(
                data / ("valkey" if access.tls is None else "valkey-tls"),
                port=ports["REDIS_PORT"],
                passwords=access.valkey,
                tls=access.tls,
            )
        )
    return tuple(ours), tuple(theirs)


def _services(settings: Settings, access: Access, *, readable: bool) -> tuple[Server, ...]:
    ports = settings.ports
    # Streams of our own server are made before; on the user's, the services see to theirs.
    streams = {} if access.nats is None else {"NATS_STREAMS": "use"}
    readably = {"LOG_FORMAT": "console"} if readable else {}
    given = {name: {**streams, **readably, **own} for name, own in settings.services.items()}
    return (
        producer_server(
            settings.data / "producer",
            nats_url=access.nats_url("producer"),
            settings=given["producer"],
            admin_port=ports["PRODUCER_ADMIN_PORT"],
            trust=access.trust,
        ),
        feed_server(
            settings.data / "feed",
            nats_url=access.nats_url("feed"),
            settings=given["feed"],
            port=ports["FEED_PORT"],
            admin_port=ports["FEED_ADMIN_PORT"],
            trust=access.trust,
        ),
        chat_server(
            settings.data / "chat",
            nats_url=access.nats_url("chat"),
            redis_url=access.redis_url("chat"),
            settings=given["chat"],
            port=ports["CHAT_PORT"],
            admin_port=ports["CHAT_ADMIN_PORT"],
            trust=access.trust,
        ),
    )


def _edge(settings: Settings, access: Access) -> Server:
    ports = settings.ports
    edge = EdgeServer(
        settings.data / "edge",
        port=ports["EDGE_PORT"],
        feed=(f"{LOOPBACK}:{ports['FEED_PORT']}",),
        chat=(f"{LOOPBACK}:{ports['CHAT_PORT']}",),
        ready_paths=_FEED_AND_PAGE,
    )
    if access.tls is not None:
        edge.site = replace(edge.site, tls=access.tls / BOTH)
    return edge


def _address(variable: str, url: str) -> str:
    """Where ``url`` leads, without the password that it may carry."""
    host, port = host_and_port(url, default_port(variable))
    return f"{host}:{port}"
