from collections.abc import Iterable

import pytest

from crowd.feed import GapTold, Heartbeat, Hello, Readings, Snapshot, Told
from crowd.finding import Finding, Kind
from crowd.pattern import matches
from crowd.position import Position
from crowd.witness import Filtered, Witness


def _at(offset: int, epoch: str = "e3f9") -> Position:
    return Position(epoch, offset)


def _of(offset: int, *readings: tuple[str, float]) -> Readings:
    return Readings(_at(offset), tuple(t for _, t in readings), tuple(n for n, _ in readings))


def _counts(findings: Iterable[Finding]) -> list[tuple[Kind, int]]:
    return [(finding.kind, finding.count) for finding in findings]


def _take(client: Filtered, *told: Told) -> list[Finding]:
    client.connected()
    return [finding for item in told for finding in client.take(item)]


@pytest.fixture
def witness() -> Witness:
    """Who saw a/b at 1, 2, 3, 4 and c/d at 1.5, 2.5."""
    witness = Witness()
    witness.note(_of(4, ("a/b", 1.0), ("c/d", 1.5), ("a/b", 2.0), ("c/d", 2.5)))
    witness.note(_of(6, ("a/b", 4.0), ("a/b", 3.0)))
    witness.note(_of(6, ("a/b", 4.0)))
    return witness


def _client(witness: Witness, *, paced: bool = False) -> Filtered:
    client = Filtered(witness, asked_for=lambda name: name.startswith("a/"), paced=paced)
    assert _take(client, Hello(_at(1), resumed=False, heartbeat=15), Snapshot(_at(1))) == []
    return client


def test_who_saw_all_of_its_sensors_lost_nothing(witness: Witness) -> None:
    client = _client(witness)
    assert client.take(_of(6, ("a/b", 2.0), ("a/b", 3.0), ("a/b", 4.0))) == []
    assert client.reconcile() == []
    assert client.readings == 3


def test_what_the_witness_saw_in_between_is_lost(witness: Witness) -> None:
    client = _client(witness)
    client.take(_of(3, ("a/b", 1.0)))
    client.take(_of(6, ("a/b", 4.0)))
    assert _counts(client.reconcile()) == [(Kind.LOST, 2)]
    assert client.reconcile() == []


def test_a_loss_across_a_resume_is_found(witness: Witness) -> None:
    client = _client(witness)
    client.take(_of(3, ("a/b", 1.0)))
    assert client.reconcile() == []
    assert _take(client, Hello(_at(3), resumed=True, heartbeat=15), _of(6, ("a/b", 3.0))) == []
    assert _counts(client.reconcile()) == [(Kind.LOST, 1)]


def test_what_follows_a_snapshot_is_counted_from_there(witness: Witness) -> None:
    client = _client(witness)
    client.take(Snapshot(_at(2), ("a/b",), (1.0,)))
    client.take(_of(6, ("a/b", 3.0)))
    assert _counts(client.reconcile()) == [(Kind.LOST, 1)]


def test_a_snapshot_ahead_of_its_id_may_be_repeated(witness: Witness) -> None:
    client = _client(witness)
    client.take(Snapshot(_at(2), ("a/b",), (2.0,)))
    assert client.take(_of(6, ("a/b", 2.0), ("a/b", 3.0))) == []
    assert client.reconcile() == []


@pytest.mark.parametrize(("again", "kind"), [(2.0, Kind.DUPLICATE), (1.0, Kind.ORDER)])
def test_a_time_that_does_not_rise_is_wrong(witness: Witness, again: float, kind: Kind) -> None:
    client = _client(witness)
    client.take(_of(3, ("a/b", 2.0)))
    assert _counts(client.take(_of(6, ("a/b", again)))) == [(kind, 1)]


def test_a_sensor_that_was_not_asked_for_is_wrong(witness: Witness) -> None:
    assert _counts(_client(witness).take(_of(3, ("c/d", 1.5)))) == [(Kind.UNTOLD, 1)]


def test_a_paced_stream_may_leave_readings_out(witness: Witness) -> None:
    client = _client(witness, paced=True)
    client.take(_of(3, ("a/b", 1.0)))
    client.take(_of(6, ("a/b", 4.0)))
    assert client.reconcile() == []


def test_what_a_gap_tells_is_not_lost(witness: Witness) -> None:
    client = _client(witness)
    client.take(_of(3, ("a/b", 1.0)))
    told = [*client.take(GapTold(_at(6), 4, 6, "evicted")), *client.take(_of(7, ("a/b", 4.0)))]
    assert _counts([*told, *client.reconcile()]) == [(Kind.GAP, 3)]


def test_positions_never_go_back(witness: Witness) -> None:
    client = _client(witness)
    client.take(Heartbeat(_at(5)))
    assert _counts(client.take(Heartbeat(_at(4)))) == [(Kind.ORDER, 1)]
    assert _counts(client.take(Heartbeat(_at(9, "beef")))) == [(Kind.UNTOLD, 0)]


def test_hello_comes_first_and_resumes_what_there_was(witness: Witness) -> None:
    client = Filtered(witness, asked_for=lambda _: True, paced=False)
    assert _counts(_take(client, Heartbeat(_at(1)))) == [(Kind.UNTOLD, 0)]
    fresh = Filtered(witness, asked_for=lambda _: True, paced=False)
    assert _counts(_take(fresh, Hello(_at(1), resumed=True, heartbeat=15))) == [(Kind.UNTOLD, 0)]
    again = _take(fresh, Hello(_at(9), resumed=False, heartbeat=15))
    assert _counts(again) == [(Kind.GAP, 0)]


@pytest.mark.parametrize(
    ("pattern", "name", "meant"),
    [
        ("a/*", "a/b", True),
        ("a/*", "a/b/c", False),
        ("*/b", "a/b", True),
        ("a/>", "a/b/c", True),
        ("a/>", "a", False),
        ("a/b", "a/b", True),
        ("a/b", "a/c", False),
        ("a/b/c", "a/b", False),
    ],
)
def test_patterns_mean_what_the_contract_says(pattern: str, name: str, *, meant: bool) -> None:
    assert matches(pattern, name) is meant
