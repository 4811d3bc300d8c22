from collections.abc import Iterable

import pytest

from crowd.contiguity import Contiguity
from crowd.feed import Farewell, GapTold, Heartbeat, Hello, Readings, Snapshot, Status, Told
from crowd.finding import Finding, Kind
from crowd.position import Position


def _at(offset: int, epoch: str = "e3f9") -> Position:
    return Position(epoch, offset)


def _hello(offset: int, *, resumed: bool = False, epoch: str = "e3f9") -> Hello:
    return Hello(_at(offset, epoch), resumed=resumed, heartbeat=15)


def _readings(upto: int, count: int, epoch: str = "e3f9") -> Readings:
    return Readings(_at(upto, epoch), (0.0,) * count)


def _take(client: Contiguity, *told: Told) -> list[Finding]:
    client.connected()
    return [finding for item in told for finding in client.take(item)]


def _counts(findings: Iterable[Finding]) -> list[tuple[Kind, int]]:
    return [(finding.kind, finding.count) for finding in findings]


@pytest.fixture
def client() -> Contiguity:
    """A client that has everything up to offset 10."""
    client = Contiguity()
    assert _take(client, _hello(10), Snapshot(_at(10))) == []
    return client


def test_as_many_records_as_offsets_is_right(client: Contiguity) -> None:
    assert _take(client, _hello(10, resumed=True), _readings(11, 1), _readings(15, 4)) == []
    assert client.position == _at(15)
    assert client.readings == 5


def test_fewer_records_than_offsets_is_a_loss(client: Contiguity) -> None:
    found = _take(client, _hello(10, resumed=True), _readings(13, 2))
    assert _counts(found) == [(Kind.LOST, 1)]


def test_more_records_than_offsets_is_a_duplicate(client: Contiguity) -> None:
    found = _take(client, _hello(10, resumed=True), _readings(12, 3))
    assert _counts(found) == [(Kind.DUPLICATE, 1)]


def test_a_loss_is_counted_once(client: Contiguity) -> None:
    found = _take(client, _hello(10, resumed=True), _readings(13, 2), _readings(14, 1))
    assert _counts(found) == [(Kind.LOST, 1)]


def test_going_back_is_out_of_order(client: Contiguity) -> None:
    found = _take(client, _hello(10, resumed=True), _readings(12, 2), _readings(11, 1))
    assert _counts(found) == [(Kind.ORDER, 1)]


def test_a_heartbeat_ahead_of_what_came_is_a_loss(client: Contiguity) -> None:
    assert _take(client, _hello(10, resumed=True), Heartbeat(_at(10))) == []
    assert _counts(_take(client, _hello(10, resumed=True), Heartbeat(_at(12)))) == [(Kind.LOST, 2)]


def test_a_resume_from_elsewhere_is_a_loss(client: Contiguity) -> None:
    found = _take(client, _hello(12, resumed=True), _readings(13, 1))
    assert _counts(found) == [(Kind.LOST, 2)]


def test_a_resume_of_a_client_without_a_position_is_wrong() -> None:
    assert _counts(_take(Contiguity(), _hello(10, resumed=True))) == [(Kind.UNTOLD, 0)]


def test_a_fresh_start_is_told_and_nothing_is_lost_after_it(client: Contiguity) -> None:
    found = _take(client, _hello(90), Snapshot(_at(90)), _readings(91, 1))
    assert _counts(found) == [(Kind.GAP, 0)]
    assert not any(finding.is_broken for finding in found)


def test_a_gap_after_a_fresh_start_is_counted_from_what_the_client_had(client: Contiguity) -> None:
    found = _take(client, _hello(90), GapTold(_at(90), 11, 90, "too_far"), Snapshot(_at(90)))
    assert _counts(found) == [(Kind.GAP, 0), (Kind.GAP, 80)]


def test_a_gap_that_begins_late_hides_a_loss(client: Contiguity) -> None:
    gap = GapTold(_at(90), 13, 90, "evicted")
    found = _take(client, _hello(10, resumed=True), gap, Snapshot(_at(90)))
    assert _counts(found) == [(Kind.LOST, 2), (Kind.GAP, 78)]


def test_a_gap_that_begins_early_is_out_of_order(client: Contiguity) -> None:
    found = _take(client, _hello(10, resumed=True), GapTold(_at(90), 9, 90, "evicted"))
    assert _counts(found) == [(Kind.ORDER, 2), (Kind.GAP, 82)]


def test_a_new_epoch_needs_a_gap(client: Contiguity) -> None:
    silent = _take(client, _hello(10, resumed=True), _readings(3, 1, epoch="ab12"))
    assert _counts(silent) == [(Kind.UNTOLD, 1)]


def test_a_new_epoch_with_a_gap_is_told(client: Contiguity) -> None:
    gap = GapTold(_at(2, "ab12"), 11, 2, "epoch")
    found = _take(client, _hello(10, resumed=True), gap, _readings(3, 1, epoch="ab12"))
    assert {finding.kind for finding in found} == {Kind.GAP}


def test_anything_before_hello_is_wrong(client: Contiguity) -> None:
    assert _counts(_take(client, _readings(11, 1))) == [(Kind.UNTOLD, 0)]
    assert _take(client, Farewell("busy", 1.0)) == []


def test_status_and_drain_move_nothing(client: Contiguity) -> None:
    _take(client, _hello(10, resumed=True), Status("down"), Farewell("drain", 1.0))
    assert client.position == _at(10)
