"""The composition root: settings become a running chat."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from prometheus_client import CollectorRegistry
from starlette.types import ASGIApp

from chat.attendance import Attendance
from chat.bulletin import Bulletin
from chat.changes import Changes
from chat.directory import Directory, Listing
from chat.echo import EchoEndpoint
from chat.endpoint import Endpoint
from chat.history import History
from chat.metrics import create_registry
from chat.moderation import Moderation, NoModeration, WordsAndLinks, read_words
from chat.names import Names
from chat.pages import Pages
from chat.post_rates import PostRates
from chat.presence import PresenceStore, lease_of
from chat.projection import Projection
from chat.protocol import Limits
from chat.publisher import Publisher
from chat.redis_directory import connect as connect_directory
from chat.redis_history import connect as connect_history
from chat.redis_presence import connect as connect_presence
from chat.relay import Relay
from chat.replica import Replica
from chat.reviser import Reviser
from chat.routes import Dispatch, create_routes
from chat.settings import ChatSettings
from realtime.admission import Admission, Caps
from realtime.broker import Broker
from realtime.budgets import Budgets
from realtime.collector import tracer_of
from realtime.fanout import Hub
from realtime.health import Health, create_admin_app
from realtime.identity.gate import make_gate
from realtime.lifecycle import Departures
from realtime.log import LogLimits
from realtime.nats import connect
from realtime.serving import make_server, open_listener, serve_until_stopped
from realtime.shedding import Shedding
from realtime.tracing import TracedFlush, Tracer


@dataclass(frozen=True, slots=True)
class Chat:
    """A chat put together: its ASGI app and the parts that whoever runs it needs."""

    asgi: ASGIApp
    replica: Replica
    relay: Relay
    projection: Projection
    admission: Admission
    shedding: Shedding
    health: Health
    registry: CollectorRegistry
    budgets: Budgets

    @property
    def background(self) -> list[Callable[[], Coroutine[Any, Any, None]]]:
        """What has to run while it serves."""
        replica = self.replica
        return [
            self.relay.run,
            replica.hub.run,
            self.projection.run,
            replica.attendance.run,
            replica.departures.run,
            self.shedding.run,
            *self.budgets.background,
            *replica.gate.background,
        ]


def create_app(
    settings: ChatSettings,
    broker: Broker,
    history: History,
    presence: PresenceStore,
    directory: Directory,
    tracer: Tracer | None = None,
) -> Chat:
    """Put a chat together; everything in its `background` is to be run."""
    health = Health()
    budgets = Budgets(settings, health)
    projection = Projection(
        broker,
        history,
        health,
        before_store=Listing(directory).note,
        pause=settings.history_pause,
    )
    hub = _hub(settings, projection)
    changes, limits = Changes(), _limits(settings)
    relay = Relay(broker, hub, changes, health, warm=settings.ring_age, on_epoch=projection.notice)
    if tracer is not None:
        relay.traces = TracedFlush(tracer, "flush message")
    publisher = Publisher(broker, hub, tracer=tracer)
    pages = Pages(hub, changes, history, limits)
    attendance = Attendance(presence, broker, Bulletin(hub), health, ttl=settings.presence_ttl)
    gate = make_gate(settings, broker, health, service="chat")
    replica = Replica(
        hub=hub,
        broker=broker,
        changes=changes,
        publisher=publisher,
        reviser=Reviser(broker, hub, changes, pages, publisher, limits),
        pages=pages,
        departures=Departures(
            health,
            pause=settings.drain_pause,
            window=settings.drain_window,
            age=settings.connection_age,
        ),
        limits=limits,
        post_rates=PostRates(per_second=limits.posts_per_second, burst=limits.posts_burst),
        moderation=_moderation(settings),
        attendance=attendance,
        directory=directory,
        gate=gate,
        names=Names(gate.guest_prefix),
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
    endpoint, echo = (
        kind(
            replica,
            admission,
            origins=settings.origins,
            evict_after=settings.evict_after,
        )
        for kind in (Endpoint, EchoEndpoint)
    )
    shedding = Shedding(
        "chat", broker, replica.departures, settings, is_late=lambda: budgets.strained
    )
    return Chat(
        asgi=Dispatch(endpoint, create_routes(replica), echo if settings.echo else None),
        replica=replica,
        relay=relay,
        projection=projection,
        admission=admission,
        shedding=shedding,
        health=health,
        registry=create_registry(replica, relay, projection, admission, shedding, budgets),
        budgets=budgets,
    )


def _hub(settings: ChatSettings, projection: Projection) -> Hub:
    ring = LogLimits(count=settings.ring_entries, bytes=settings.ring_bytes, age=settings.ring_age)
    return Hub(
        ring,
        # People write seldom and want to be read at once.
        flush_interval=timedelta(0),
        evict_after=settings.evict_after,
        channels_max=settings.channels,
        on_flush=projection.notice,
    )


def _limits(settings: ChatSettings) -> Limits:
    return Limits(
        rooms=settings.rooms,
        text_bytes=settings.text_bytes,
        replay=settings.replay,
        posts_per_second=settings.posts_per_second,
        posts_burst=settings.posts_burst,
        posts_refused=settings.posts_refused,
        posts_refused_within=settings.posts_refused_within.total_seconds(),
        emoji_bytes=settings.emoji_bytes,
        emojis=settings.emojis,
        reactors=settings.reactors,
        edits=settings.edits,
    )


def _moderation(settings: ChatSettings) -> Moderation:
    path, links = settings.moderation_words, settings.moderation_links
    words = [] if path is None else read_words(path)
    return WordsAndLinks(words, links=links) if words or links is not None else NoModeration()


async def serve(settings: ChatSettings) -> None:
    """Serve until stopped."""
    with tracer_of(settings.trace_url, service="chat", share=settings.trace_share) as tracer:
        await _serve(settings, tracer)


async def _serve(settings: ChatSettings, tracer: Tracer | None) -> None:
    listener = open_listener(settings.host, settings.port)
    admin_listener = open_listener(settings.admin_host, settings.admin_port)
    async with (
        connect(settings.nats_url, name="chat", keeps_streams=settings.keeps_streams) as broker,
        connect_history(
            settings.redis_url, keep=settings.history_messages, age=settings.history_age
        ) as history,
        connect_presence(settings.redis_url, lease=lease_of(settings.presence_ttl)) as presence,
        connect_directory(settings.redis_url) as directory,
    ):
        chat = create_app(settings, broker, history, presence, directory, tracer)
        departures = chat.replica.departures
        await serve_until_stopped(
            make_server(chat.asgi, departures=departures, trusted_proxies=settings.trusted_proxies),
            listener,
            admin=make_server(create_admin_app(chat.health, chat.registry)),
            admin_listener=admin_listener,
            background=chat.background,
            departures=departures,
        )
