"""Chat's metrics: read from plain counters when they are asked for."""

from collections.abc import Iterable, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from chat.announcements import Kind
from chat.entries import Unreadable
from chat.errors import Code
from chat.projection import Projection
from chat.relay import Relay
from chat.replica import Replica
from realtime.admission import Admission, Refusal
from realtime.budget_metrics import budget_metrics
from realtime.budgets import Budgets
from realtime.closing import EndedBy
from realtime.departure_metrics import departure_metrics
from realtime.framing import GapReason
from realtime.identity.metrics import identity_metrics
from realtime.process_metrics import process_metrics
from realtime.relay_metrics import histogram, relay_metrics
from realtime.shedding import Shedding
from realtime.shedding_metrics import shedding_metrics


class ChatCollector(Collector):
    """Makes the metric families; labels come from closed lists only."""

    def __init__(
        self,
        replica: Replica,
        relay: Relay,
        projection: Projection,
        admission: Admission,
        shedding: Shedding,
        budgets: Budgets,
    ) -> None:
        self._budgets = budgets
        self._replica = replica
        self._relay = relay
        self._projection = projection
        self._admission = admission
        self._shedding = shedding

    def collect(self) -> Iterable[Metric]:
        """Every family at its present value."""
        yield from self._gauges()
        yield from self._counters()
        yield from self._labelled()
        yield from self._histograms()
        yield from departure_metrics("chat", self._replica.departures)
        yield from shedding_metrics("chat", self._shedding)
        yield from budget_metrics("chat", self._budgets)
        yield from identity_metrics("chat", self._replica.gate)

    def _histograms(self) -> Iterable[Metric]:
        yield from relay_metrics("chat", self._relay, self._replica.hub, self._budgets.loop_lag)
        yield histogram(
            "chat_ack_seconds",
            "From a post or change that could be tried to its acknowledgement",
            self._replica.publisher.ack,
        )

    def _gauges(self) -> Iterable[Metric]:
        hub, projection = self._replica.hub, self._projection
        live = sum(len(channel.live) for channel in hub.channels.values())
        for name, text, value in (
            ("chat_connections", "Open WebSockets", self._admission.connections),
            ("chat_connections_limit", "WebSockets at most", self._admission.connections_limit),
            ("chat_rooms", "Rooms with members here", len(self._replica.attendance.rooms)),
            ("chat_members", "Memberships of connections in rooms", hub.subscribers),
            ("chat_members_live", "Memberships at the head", live),
            ("chat_members_lagging", "Memberships behind the head", hub.subscribers - live),
            ("chat_log_entries", "Entries in the ring", len(hub.log)),
            ("chat_log_bytes", "Encoded bytes in the ring", hub.log.bytes),
            ("chat_upstream_up", "Whether the broker answers", self._relay.upstream_up),
            (
                "chat_presence_up",
                "Whether members of all replicas show",
                self._replica.attendance.up,
            ),
            ("chat_history_up", "Whether history answers", projection.up),
            ("chat_projection_leads", "Whether this replica projects", projection.leads),
            ("chat_projection_lag", "Offsets that history is behind", self._lag()),
        ):
            yield GaugeMetricFamily(name, text, value=float(value))

    def _lag(self) -> int:
        hub, position = self._replica.hub, self._projection.position
        if position is None or position.epoch != hub.epoch:
            return hub.flushed
        return max(hub.flushed - position.offset, 0)

    def _counters(self) -> Iterable[Metric]:
        hub, publisher = self._replica.hub, self._replica.publisher
        ended = self._replica.counts.ended
        attendance = self._replica.attendance
        bulletin, announcements = attendance.bulletin, attendance.announcements
        for name, text, value in (
            ("chat_messages", "Messages relayed", self._relay.relayed["message"]),
            ("chat_deliveries", "Messages handed to members", hub.counts.deliveries),
            ("chat_posts", "Posts and changes that came and could be tried", publisher.tried),
            ("chat_acks", "Posts and changes acknowledged", publisher.posts + publisher.duplicates),
            (
                "chat_duplicates",
                "Posts and changes stored by an earlier try",
                publisher.duplicates,
            ),
            (
                "chat_evicted",
                "Connections ended because they stayed behind",
                ended[EndedBy.EVICTED],
            ),
            ("chat_holes_filled", "Reads of the stream for a hole", self._relay.tail.holes_filled),
            ("chat_presence_frames", "Presence frames, one a room", bulletin.presence_frames),
            ("chat_typing_frames", "Typing frames, one a room", bulletin.typing_frames),
            ("chat_typing_dropped", "Typing not passed on: too soon", bulletin.throttled),
            ("chat_announcements_dropped", "Other replicas' words lost", announcements.dropped),
            ("chat_history_failures", "Pages refused", self._replica.pages.failures),
            ("chat_projection_pages", "Pages written to history", self._projection.pages),
            (
                "chat_not_erased",
                "Texts of deleted messages that the broker refused to erase",
                self._projection.not_erased,
            ),
        ):
            yield CounterMetricFamily(name, text, value=float(value))

    def _labelled(self) -> Iterable[Metric]:
        counts = self._replica.counts
        gaps = self._replica.hub.counts.gaps
        told = {reason: gaps[reason] + counts.gaps[reason] for reason in GapReason}
        unreadable = {reason: self._relay.unreadable[reason] for reason in Unreadable}
        refused = {reason: self._admission.refused[reason] for reason in Refusal}
        changes = {kind: self._relay.relayed[kind] for kind in ("edited", "deleted", "reacted")}
        yield _family("chat_changes", "Changes relayed", "kind", changes)
        misheard = self._replica.attendance.announcements.unreadable
        misheard_by_kind = {kind: misheard[kind] for kind in Kind}
        yield _family("chat_errors", "Error frames", "code", {c: counts.errors[c] for c in Code})
        yield _family("chat_ended", "Ends", "by", {by: counts.ended[by] for by in EndedBy})
        yield _family("chat_gaps", "Losses told", "reason", told)
        yield _family("chat_entries_unreadable", "Entries not shown", "reason", unreadable)
        yield _family(
            "chat_announcements_unreadable", "Words not understood", "kind", misheard_by_kind
        )
        yield _family("chat_admission_refused", "Connections turned away", "reason", refused)


def _family(name: str, text: str, label: str, values: Mapping[Any, int]) -> Metric:
    family = CounterMetricFamily(name, text, labels=[label])
    for value, count in values.items():
        family.add_metric([str(value)], count)
    return family


def create_registry(
    replica: Replica,
    relay: Relay,
    projection: Projection,
    admission: Admission,
    shedding: Shedding,
    budgets: Budgets,
) -> CollectorRegistry:
    """A registry of this app's own, so that two can live in one process."""
    registry = CollectorRegistry()
    registry.register(ChatCollector(replica, relay, projection, admission, shedding, budgets))
    process_metrics(registry)
    return registry
