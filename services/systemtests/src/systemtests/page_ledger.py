"""What the page wrote down (`window.airwave`, services/dashboard/README.md), checked."""

from itertools import pairwise
from typing import Any


def _offset(position: str) -> int:
    return int(position.rsplit("-", 1)[1])


def check_unbroken(ledger: dict[str, Any]) -> None:
    """Nothing lost, nothing twice, by the page's own count.

    Each run begins where the one before ended, and between its two ids lie as many records as
    offsets; fewer where the page itself asked for a filter or a pace.

    Raises:
        AssertionError: it isn't so; or the page was told of a loss.
    """
    runs = [*ledger["runs"], ledger]
    for run in runs:
        offsets = _offset(run["lastId"]) - _offset(run["firstId"])
        assert run["records"] == offsets if run["every"] else run["records"] <= 2 * offsets
    for before, after in pairwise(runs):
        assert after["firstId"] == before["lastId"]
    assert ledger["duplicates"] == 0
    assert ledger["malformed"] == 0
    assert ledger["gaps"] == []
