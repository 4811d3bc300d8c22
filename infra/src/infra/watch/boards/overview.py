"""The dashboard to look at first: objectives, and how much of everything there is."""

from typing import Final

from infra.watch.boards.board import Board, Row
from infra.watch.boards.panel import Panel, Query, Unit, only, quantile, rate

_OURS: Final = 'reason=~"epoch|overflow"'

_OBJECTIVES: Final = Row(
    "Objectives",
    (
        Panel(
            title="Late flushes, 1 h",
            text="Share of flushes with a reading older than 0.25 s; 0.1 % are allowed.",
            queries=(Query(only("namespace:freshness_errors:ratio_rate1h"), "{{namespace}}"),),
            unit=Unit.SHARE,
            width=6,
            stat=True,
            bad_above=0.001,
        ),
        Panel(
            title="Late acknowledgements, 1 h",
            text="Share of posts that were not acknowledged within 0.5 s; 0.1 % are allowed.",
            queries=(Query(only("namespace:ack_errors:ratio_rate1h"), "{{namespace}}"),),
            unit=Unit.SHARE,
            width=6,
            stat=True,
            bad_above=0.001,
        ),
        Panel(
            title="Lost, 1 d",
            text="Gaps that were told and are ours; none is allowed.",
            queries=(
                Query(f"sum(increase({only('feed_gaps_total', _OURS)}[1d]))", "feed"),
                Query(f"sum(increase({only('chat_gaps_total', _OURS)}[1d]))", "chat"),
            ),
            width=6,
            stat=True,
            bad_above=1,
        ),
        Panel(
            title="Alerts that fire",
            text="k8s/RUNBOOK.md has an entry for each.",
            queries=(
                Query(
                    'count(ALERTS{alertname=~"Airwave.*",alertstate="firing"}) or vector(0)',
                    "alerts",
                ),
            ),
            width=6,
            stat=True,
            bad_above=1,
        ),
        Panel(
            title="Budget burnt: freshness",
            text="1 uses the month's budget up in a month; 14.4 wakes somebody up.",
            queries=tuple(
                Query(
                    f"{only(f'namespace:freshness_errors:ratio_rate{window}')} / 0.001",
                    f"over {window}",
                )
                for window in ("5m", "1h", "6h")
            ),
            width=12,
            bad_above=14.4,
        ),
        Panel(
            title="Budget burnt: acknowledgements",
            text="As for freshness.",
            queries=tuple(
                Query(
                    f"{only(f'namespace:ack_errors:ratio_rate{window}')} / 0.001",
                    f"over {window}",
                )
                for window in ("5m", "1h", "6h")
            ),
            width=12,
            bad_above=14.4,
        ),
    ),
)
_BUSINESS: Final = Row(
    "How much there is",
    (
        Panel(
            title="Readings",
            text="Of all sources, as the busiest replica relays them.",
            queries=(
                Query(
                    f"max by (namespace) (rate({only('feed_readings_total')}[$__rate_interval]))",
                    "readings",
                ),
            ),
            unit=Unit.PER_SECOND,
            width=6,
        ),
        Panel(
            title="Sensors",
            text="Known, and of them silent for longer than they should be.",
            queries=(
                Query(f"max({only('feed_sensors')})", "known"),
                Query(f"max({only('feed_sensors_stale')})", "stale"),
            ),
            width=6,
        ),
        Panel(
            title="Connections",
            text="Streams and WebSockets.",
            queries=(
                Query(f"sum({only('feed_connections')})", "streams"),
                Query(f"sum({only('chat_connections')})", "WebSockets"),
            ),
            width=6,
        ),
        Panel(
            title="Rooms and members",
            text="Memberships of connections; rooms of the replica that has most.",
            queries=(
                Query(f"max({only('chat_rooms')})", "rooms"),
                Query(f"sum({only('chat_members')})", "members"),
            ),
            width=6,
        ),
        Panel(
            title="Deliveries",
            text="Readings to subscribers, messages to members.",
            queries=(
                Query(rate("feed_deliveries_total", by="namespace"), "feed"),
                Query(rate("chat_deliveries_total", by="namespace"), "chat"),
            ),
            unit=Unit.PER_SECOND,
        ),
        Panel(
            title="Delay, p99",
            text="Delivery by feed and chat, acknowledgement of posts.",
            queries=(
                Query(quantile(0.99, "feed_delivery_delay_seconds"), "feed"),
                Query(quantile(0.99, "chat_delivery_delay_seconds"), "chat"),
                Query(quantile(0.99, "chat_ack_seconds"), "acknowledgement"),
            ),
            unit=Unit.SECONDS,
        ),
        Panel(
            title="Replicas",
            text="Of which metrics could be had.",
            queries=(Query(f"sum by (job) ({only('up')})", "{{job}}"),),
        ),
    ),
)

OVERVIEW: Final = Board("overview", "Airwave", (_OBJECTIVES, _BUSINESS))
