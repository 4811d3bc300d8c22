from crowd.finding import Kind
from crowd.latest import Latest


def test_answers_that_move_on_are_right() -> None:
    latest = Latest()
    assert latest.take({"a/b": 1.0}) == []
    assert latest.take({"a/b": 2.0, "a/c": 1.5}) == []
    assert latest.newest == 2.0


def test_an_older_reading_is_out_of_order_and_a_missing_sensor_lost() -> None:
    latest = Latest()
    latest.take({"a/b": 2.0, "a/c": 2.0})
    found = latest.take({"a/b": 1.0})
    assert [(finding.kind, finding.count) for finding in found] == [(Kind.ORDER, 1), (Kind.LOST, 1)]
