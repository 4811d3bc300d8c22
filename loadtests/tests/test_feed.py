import pytest

from crowd.feed import (
    Farewell,
    GapTold,
    Heartbeat,
    Hello,
    NotOfTheFeedError,
    Readings,
    Snapshot,
    Status,
    Told,
    decode,
)
from crowd.position import Position
from crowd.sse import Event

AT = Position("e3f9c2", 184471)


@pytest.mark.parametrize(
    ("type_", "data", "told"),
    [
        (
            "hello",
            '{"epoch":"e3f9c2","resumed":true,"heartbeat":15,"server_time":1795343351.2}',
            Hello(AT, resumed=True, heartbeat=15),
        ),
        ("snapshot", '[{"n":"a/b","v":1,"t":2}]', Snapshot(AT, ("a/b",), (2,))),
        (
            "readings",
            '[{"n":"a/b","v":1,"t":2},{"n":"a/c","v":1,"t":3}]',
            Readings(AT, (2, 3), ("a/b", "a/c")),
        ),
        (
            "gap",
            '{"from":184400,"to":184471,"reason":"evicted"}',
            GapTold(AT, 184400, 184471, "evicted"),
        ),
        ("heartbeat", '{"server_time":1795343366.2}', Heartbeat(AT)),
        ("status", '{"upstream":"down"}', Status("down")),
        ("drain", '{"reconnect_in_ms":1830}', Farewell("drain", 1.83)),
        ("busy", '{"reconnect_in_ms":500,"reason":"full"}', Farewell("busy", 0.5)),
    ],
)
def test_the_contracts_events_are_read(type_: str, data: str, told: Told) -> None:
    assert decode(Event(type_, data, str(AT))) == told


@pytest.mark.parametrize(
    ("type_", "data", "id_"),
    [
        ("message", "{}", str(AT)),
        ("hello", "{}", str(AT)),
        ("heartbeat", "{}", "AT-1"),
        ("readings", "[{}]", str(AT)),
        ("readings", "[", str(AT)),
        ("readings", "[1]", str(AT)),
    ],
)
def test_what_the_contract_does_not_have_is_refused(type_: str, data: str, id_: str) -> None:
    with pytest.raises(NotOfTheFeedError):
        decode(Event(type_, data, id_))
