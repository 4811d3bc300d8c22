"""What is told of rows in a recording that hold no reading."""

import structlog

from producer.metrics import Metrics
from producer.sources.rows import SkippedRow
from realtime.telemetry import Sampler

log: structlog.stdlib.BoundLogger = structlog.get_logger()


class SkippedRows:
    """Counts and, sampled, logs the rows that a recording's parser could not use."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._sampler = Sampler()

    def __call__(self, row: SkippedRow) -> None:
        """Note one."""
        self._metrics.rejected.labels(row.reason).inc()
        held_back = self._sampler.admit(row.reason)
        if held_back is not None:
            log.warning(
                "row_skipped",
                row=f"{row.path}:{row.line}",
                reason=row.reason,
                detail=row.detail,
                held_back=held_back,
            )
