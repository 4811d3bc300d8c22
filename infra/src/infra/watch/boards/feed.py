"""The dashboard of the feed."""

from typing import Final

from infra.watch.boards.board import Board, Row
from infra.watch.boards.common import delay, leaving_row, log_row, process_row
from infra.watch.boards.panel import Panel, Query, Unit, only, quantiles, rate

_TRANSPORT: Final = "{{transport}}"
_STREAMS: Final = Row(
    "Streams",
    (
        Panel(
            title="Open streams",
            text="Streams of each replica.",
            queries=(Query(only("feed_connections")),),
        ),
        delay("feed"),
        Panel(
            title="Deliveries",
            text="Readings handed to subscribers.",
            queries=(Query(rate("feed_deliveries_total")),),
            unit=Unit.PER_SECOND,
        ),
        Panel(
            title="Subscribers",
            text="At the head, and behind it because their sockets are full.",
            queries=(
                Query(f"sum({only('feed_subscribers_live')})", "live"),
                Query(f"sum({only('feed_subscribers_lagging')})", "lagging"),
            ),
        ),
        Panel(
            title="Evicted",
            text="Ended because they stayed behind.",
            queries=(Query(rate("feed_evicted_total")),),
            unit=Unit.PER_SECOND,
        ),
        Panel(
            title="Channels",
            text="Distinct filters, rates and aggregates served.",
            queries=(Query(only("feed_channels")),),
        ),
        Panel(
            title="Streams by transport",
            text="Open streams; polling has none.",
            queries=(
                Query(f"sum by (transport) ({only('feed_transport_connections')})", _TRANSPORT),
            ),
        ),
        Panel(
            title="CPU by transport",
            text="Cores that each transport is charged with. What no transport has caused, such as"
            " checking readings, is in none.",
            queries=(Query(rate("feed_transport_cpu_seconds_total", by="transport"), _TRANSPORT),),
        ),
        Panel(
            title="Queries refused",
            text="Requests that ask for what can't be had, by the parameter that was wrong.",
            queries=(Query(rate("feed_queries_refused_total", by="parameter"), "{{parameter}}"),),
            unit=Unit.PER_SECOND,
        ),
    ),
)
_READINGS: Final = Row(
    "Readings",
    (
        Panel(
            title="Readings",
            text="Relayed by each replica.",
            queries=(Query(rate("feed_readings_total")),),
            unit=Unit.PER_SECOND,
            width=6,
        ),
        Panel(
            title="Readings of a flush",
            text="How many go together.",
            queries=quantiles("feed_flush_readings"),
            width=6,
        ),
        Panel(
            title="Flushes",
            text="Of each replica.",
            queries=(Query(rate("feed_flushes_total")),),
            unit=Unit.PER_SECOND,
            width=6,
        ),
        Panel(
            title="Rejected",
            text="Packs that were not valid SenML.",
            queries=(Query(rate("feed_readings_rejected_total", by="reason"), "{{reason}}"),),
            unit=Unit.PER_SECOND,
            width=6,
        ),
        Panel(
            title="Sensors",
            text="Known, and of them silent for longer than they should be.",
            queries=(
                Query(f"max({only('feed_sensors')})", "known"),
                Query(f"max({only('feed_sensors_stale')})", "stale"),
                Query(rate("feed_sensors_refused_total", by="namespace"), "beyond the cap, 1/s"),
            ),
            width=12,
        ),
        Panel(
            title="Compression",
            text="Bytes into and out of the one compression for everybody.",
            queries=(
                Query(rate("feed_gzip_in_bytes_total", by="namespace"), "in"),
                Query(rate("feed_gzip_out_bytes_total", by="namespace"), "out"),
            ),
            unit=Unit.BYTES_PER_SECOND,
            width=12,
        ),
    ),
)

FEED: Final = Board(
    "feed",
    "Airwave / feed",
    (_STREAMS, _READINGS, log_row("feed"), leaving_row("feed"), process_row("feed")),
)
