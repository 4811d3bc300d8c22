import pytest

from crowd.finding import Finding, Kind
from crowd.position import Position
from crowd.room import Attendance, Room


def _at(offset: int, epoch: str = "c0de") -> Position:
    return Position(epoch, offset)


def _kinds(findings: list[Finding]) -> list[tuple[Kind, int]]:
    return [(finding.kind, finding.count) for finding in findings]


@pytest.fixture
def room() -> Room:
    return Room()


def _member(room: Room, *offsets: int) -> Attendance:
    member = Attendance(room)
    member.restarted(_at(0))
    for offset in offsets:
        assert member.seen(_at(offset), f"m{offset}") == []
    return member


def test_members_who_saw_the_same_are_right(room: Room) -> None:
    members = [_member(room, 3, 7, 9), _member(room, 7, 9, 12)]
    assert [member.reconcile() for member in members] == [[], []]
    assert members[0].last == _at(9)


def test_what_another_saw_in_between_is_lost(room: Room) -> None:
    _member(room, 3, 5, 7, 9)
    assert _kinds(_member(room, 3, 9).reconcile()) == [(Kind.LOST, 2)]


def test_who_came_later_lost_nothing_from_before(room: Room) -> None:
    late = _member(room, 9)
    _member(room, 3, 5, 9)
    assert late.reconcile() == []


def test_a_position_that_comes_twice_is_a_duplicate(room: Room) -> None:
    assert _kinds(_member(room, 3).seen(_at(3), "m3")) == [(Kind.DUPLICATE, 1)]


def test_an_earlier_position_is_out_of_order(room: Room) -> None:
    assert _kinds(_member(room, 3, 9).seen(_at(7), "m7")) == [(Kind.ORDER, 1)]


def test_two_messages_at_one_position_are_two_orders(room: Room) -> None:
    _member(room, 3)
    assert _kinds(Attendance(room).seen(_at(3), "another")) == [(Kind.ORDER, 1)]


def test_a_new_epoch_has_to_be_told(room: Room) -> None:
    member = _member(room, 3)
    assert _kinds(member.seen(_at(1, "beef"), "x")) == [(Kind.UNTOLD, 0)]
    member.restarted(_at(0, "beef"))
    assert member.seen(_at(1, "beef"), "x") == []


def test_an_acknowledged_message_is_awaited_until_it_comes(room: Room) -> None:
    member = _member(room, 3)
    member.posted("mine")
    assert member.acked(_at(5), "mine") == []
    assert member.awaited == {"mine": _at(5)}
    assert member.seen(_at(5), "mine") == []
    assert not member.awaited


def test_a_message_may_come_before_its_acknowledgement(room: Room) -> None:
    member = _member(room, 3)
    member.posted("mine")
    assert member.seen(_at(5), "mine") == []
    assert member.acked(_at(5), "mine") == []
    assert not member.awaited


@pytest.mark.parametrize("acknowledged_first", [True, False])
def test_a_message_stored_twice_is_a_duplicate(room: Room, *, acknowledged_first: bool) -> None:
    member = _member(room, 3)
    member.posted("mine")
    findings = []
    if acknowledged_first:
        findings += member.acked(_at(5), "mine")
    findings += member.seen(_at(6), "mine")
    if not acknowledged_first:
        findings += member.acked(_at(5), "mine")
    assert _kinds(findings) == [(Kind.DUPLICATE, 1)]


def test_an_acknowledged_message_that_never_came_is_lost(room: Room) -> None:
    member = _member(room, 3)
    member.posted("mine")
    member.acked(_at(5), "mine")
    member.seen(_at(7), "m7")
    assert _kinds(member.reconcile()) == [(Kind.LOST, 1)]


def test_after_a_gap_only_what_follows_counts(room: Room) -> None:
    _member(room, 3, 5, 7, 9, 11)
    member = _member(room, 3)
    assert member.restarted(_at(9)) == []
    assert member.seen(_at(11), "m11") == []
    assert member.reconcile() == []
