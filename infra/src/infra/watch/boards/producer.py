"""The dashboard of the producer."""

from typing import Final

from infra.watch.boards.board import Board, Row
from infra.watch.boards.common import process_row
from infra.watch.boards.panel import Panel, Query, Unit, only, quantiles, rate

_PUBLISHING: Final = Row(
    "Publishing",
    (
        Panel(
            title="Readings acknowledged",
            text="By source.",
            queries=(Query(rate("producer_readings_published_total", by="source"), "{{source}}"),),
            unit=Unit.PER_SECOND,
        ),
        Panel(
            title="Acknowledgement",
            text="From sending a reading to the broker's word, of attempts that had one.",
            queries=quantiles("producer_ack_seconds"),
            unit=Unit.SECONDS,
        ),
        Panel(
            title="Unsent",
            text="Readings that wait, and that are on their way.",
            queries=(
                Query(only("producer_spool_readings"), "waiting {{pod}}"),
                Query(only("producer_in_flight"), "on their way {{pod}}"),
            ),
        ),
        Panel(
            title="Trouble",
            text="Attempts after the first; readings dropped by a full spool or refused for good.",
            queries=(
                Query(rate("producer_publish_retries_total", by="namespace"), "tried again"),
                Query(rate("producer_publish_uncertain_total", by="namespace"), "maybe twice"),
                Query(rate("producer_spool_dropped_total", by="namespace"), "dropped"),
                Query(rate("producer_readings_refused_total", by="namespace"), "refused"),
            ),
            unit=Unit.PER_SECOND,
            width=12,
        ),
        Panel(
            title="Rows skipped",
            text="Lines of replayed files that hold no reading.",
            queries=(Query(rate("producer_rows_rejected_total", by="reason"), "{{reason}}"),),
            unit=Unit.PER_SECOND,
            width=12,
        ),
    ),
)

PRODUCER: Final = Board(
    "producer", "Airwave / producer", (_PUBLISHING, process_row("producer", loop=False))
)
