"""Real servers on loopback ports, for the local run and for tests."""

from infra.servers.edge import EdgeServer
from infra.servers.nats import NatsServer
from infra.servers.prometheus import PrometheusServer
from infra.servers.server import Server
from infra.servers.service import ServiceServer, chat_server, feed_server, producer_server
from infra.servers.valkey import ValkeyServer

__all__ = [
    "EdgeServer",
    "NatsServer",
    "PrometheusServer",
    "Server",
    "ServiceServer",
    "ValkeyServer",
    "chat_server",
    "feed_server",
    "producer_server",
]
