"""Positions, and where clients offer them: the header, and either form of the query."""

from datetime import timedelta
from typing import Final

from starlette.datastructures import Headers, QueryParams

from feed.query import BadQueryError, parse_readings_query
from realtime.position import Position, parse_position
from systemtests.fuzz.target import Target, require

_EPOCH: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_DIGITS: Final = frozenset("0123456789")


def take_position(data: bytes) -> None:
    """Read any text as a position, alone and in every place where a client offers it."""
    text = data.decode("utf-8", "replace")
    expected = _reference(text)
    position = parse_position(text)
    require(position == expected, "a position is what the contract's pattern says", text, position)
    if position is not None:
        require(parse_position(str(position)) == position, "it survives the wire", position)
        require(0 <= position.offset < 10**19, "an offset fits 64 bits without a sign", position)
    _check_offered(data)


def _check_offered(raw: bytes) -> None:
    """``Last-Event-ID`` wins, and what is no position is a fresh start and no error."""
    header = Headers(raw=[(b"last-event-id", raw)])
    offered = raw.decode("latin-1")
    other = QueryParams({"lastEventId": "abcd-1"})
    asked = parse_readings_query(other, header, heartbeat=timedelta(seconds=15))
    wanted = _reference(offered) if offered else Position("abcd", 1)
    require(asked.offered and asked.position == wanted, "the header wins", asked.position, wanted)
    for name in ("last_event_id", "lastEventId"):
        query = QueryParams({name: offered})
        asked = parse_readings_query(query, Headers(), heartbeat=timedelta(seconds=15))
        require(asked.position == _reference(offered), "so does the query", name, asked.position)
    try:
        parse_readings_query(QueryParams(raw), header, heartbeat=timedelta(seconds=15))
    except BadQueryError:
        return


def _reference(text: str) -> Position | None:
    epoch, dash, offset = text.partition("-")
    fits = 4 <= len(epoch) <= 16 and 1 <= len(offset) <= 19
    if dash and fits and _EPOCH.issuperset(epoch) and _DIGITS.issuperset(offset):
        return Position(epoch, int(offset))
    return None


TARGETS: Final = (
    Target(
        "positions",
        "a position is what the pattern says, wherever it is offered; the header wins",
        take_position,
        (
            b"e3f9c2-184467",
            b"",
            b"e3f9c2-",
            b"e3f9c2--5",
            b"e3f9c2-5\n",
            b" e3f9c2-5",
            b"E3F9C2-5",
            b"a" * 17 + b"-5",
            b"e3f9c2-" + b"9" * 20,
            b"e3f9c2-" + b"9" * 19,
            "e3f9c2-\u0665".encode(),
            b"*",
            b"\xff-\x00",
            b"lastEventId=e3f9c2-1&last_event_id=e3f9c2-2",
        ),
        ("-", "e3f9c2-", "9999999999999999999", "lastEventId=", "last_event_id=", "&", "%00"),
        256,
    ),
)
