"""The composition root: settings become a running feed."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp

from feed.catalogue import Catalogue
from feed.dispatch import create_asgi
from feed.fanout import Fanout
from feed.framings import Framings
from feed.guard import Guard
from feed.metrics import create_registry
from feed.relay import Relay
from feed.routes import Readings
from feed.settings import FeedSettings
from feed.socket import ReadingsSocket
from realtime.admission import Admission, Caps
from realtime.broker import Broker
from realtime.budgets import Budgets
from realtime.collector import tracer_of
from realtime.fanout import Hub
from realtime.gzip import Deflater
from realtime.health import Health, create_admin_app
from realtime.identity.gate import Gate, make_gate
from realtime.lifecycle import Departures
from realtime.log import LogLimits
from realtime.nats import connect
from realtime.serving import make_server, open_listener, serve_until_stopped
from realtime.shedding import Shedding
from realtime.subjects import SENSORS
from realtime.tracing import TracedFlush, Tracer


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed put together: its ASGI app and the parts that whoever runs it needs."""

    asgi: ASGIApp
    fanout: Fanout
    gate: Gate
    shedding: Shedding
    health: Health
    registry: CollectorRegistry
    budgets: Budgets

    @property
    def background(self) -> list[Callable[[], Coroutine[Any, Any, None]]]:
        """What has to run while it serves."""
        fanout = self.fanout
        return [
            fanout.relay.run,
            fanout.hub.run,
            fanout.departures.run,
            self.shedding.run,
            *self.budgets.background,
            *self.gate.background,
        ]


def create_app(settings: FeedSettings, broker: Broker, tracer: Tracer | None = None) -> Feed:
    """Put a feed together over ``broker``; its relay and hub are to be run."""
    health = Health()
    budgets = Budgets(settings, health)
    catalogue = Catalogue(
        sensors_max=settings.sensors,
        stale_after=settings.stale_after,
        forget_after=SENSORS.max_age,
    )
    limits = LogLimits(
        count=settings.ring_entries, bytes=settings.ring_bytes, age=settings.ring_age
    )
    hub = Hub(
        limits,
        flush_interval=settings.flush,
        evict_after=settings.evict_after,
        channels_max=settings.channels,
        on_flush=catalogue.take,
    )
    relay = Relay(broker, hub, catalogue, health, warm=settings.ring_age)
    if tracer is not None:
        relay.traces = TracedFlush(tracer, "flush reading")
    departures = Departures(
        health,
        pause=settings.drain_pause,
        window=settings.drain_window,
        age=settings.connection_age,
    )
    gate = make_gate(settings, broker, health, service="feed")
    fanout = Fanout(
        hub=hub,
        relay=relay,
        catalogue=catalogue,
        broker=broker,
        departures=departures,
        replay_events=settings.replay_events,
        poll_wait=settings.poll_wait,
        framings=Framings(catalogue),
        deflater=Deflater() if settings.gzip else None,
        watch=gate.watch,
    )
    admission = Admission(
        Caps(
            connections=settings.connections,
            per_ip=settings.connections_per_ip,
            per_user=settings.connections_per_user,
            limit_loopback=settings.limit_loopback,
            per_second=settings.admissions_per_second,
            burst=settings.admissions_burst,
        ),
        closed=budgets.closed,
        budget=budgets.obstacle,
    )
    guard = Guard(gate, admission)
    readings = Readings(fanout, guard, settings)
    socket = ReadingsSocket(fanout, guard, settings)
    asgi = create_asgi(fanout, guard, readings=readings, socket=socket)
    shedding = Shedding("feed", broker, departures, settings, is_late=lambda: budgets.strained)
    registry = create_registry(fanout, admission, gate, shedding, budgets)
    return Feed(asgi, fanout, gate, shedding, health, registry, budgets)


async def serve(settings: FeedSettings) -> None:
    """Serve until stopped."""
    with tracer_of(settings.trace_url, service="feed", share=settings.trace_share) as tracer:
        await _serve(settings, tracer)


async def _serve(settings: FeedSettings, tracer: Tracer | None) -> None:
    listener = open_listener(settings.host, settings.port)
    admin_listener = open_listener(settings.admin_host, settings.admin_port)
    async with connect(
        settings.nats_url, name="feed", keeps_streams=settings.keeps_streams
    ) as broker:
        feed = create_app(settings, broker, tracer)
        departures = feed.fanout.departures
        await serve_until_stopped(
            make_server(feed.asgi, departures=departures, trusted_proxies=settings.trusted_proxies),
            listener,
            admin=make_server(create_admin_app(feed.health, feed.registry)),
            admin_listener=admin_listener,
            background=feed.background,
            departures=departures,
        )
