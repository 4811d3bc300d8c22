from pathlib import Path

from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from producer.metrics import Metrics
from producer.skipped_rows import SkippedRows
from producer.sources.rows import RowFault, SkippedRow


def test_skipped_rows_are_counted_by_reason_and_logged_sparingly() -> None:
    registry = CollectorRegistry()
    note = SkippedRows(Metrics(registry))
    with capture_logs() as lines:
        for line in range(2, 102):
            note(SkippedRow(Path("lab.csv"), line, RowFault.BAD_COLUMNS, "3 columns"))

    name, labels = "producer_rows_rejected_total", {"reason": "bad_columns"}
    assert registry.get_sample_value(name, labels) == 100
    assert [line["row"] for line in lines] == ["lab.csv:2"]
