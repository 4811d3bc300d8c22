"""Readings as devices send them, by MQTT or NATS, and as the feed passes them on."""

import json
import math
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, Final

import msgspec

from feed.catalogue import Catalogue
from feed.framing import ReadingsFraming, frame_event
from feed.pace import Aggregate, Pace
from feed.relay import read_entry
from realtime.broker import Delivery
from realtime.client.feed_events import Readings, decode_event
from realtime.contracts import MalformedPackError, Record, encode_pack, encode_record, parse_pack
from realtime.fanout import Entry
from realtime.position import Position
from realtime.subjects import sensor_subject
from systemtests.fuzz.senml_reference import UndecidedError, resolve
from systemtests.fuzz.sse_reference import parse_stream
from systemtests.fuzz.target import Target, require
from systemtests.wire import feed_events, feed_frames

ARRIVED: Final = 1_795_343_351.5
AT: Final = Position("e3f9c2", 184_471)
_ABSOLUTE: Final = 2**28
_PACES: Final = (None, *Aggregate)
_WORDS: Final = (
    *('"n":', '"u":', '"v":', '"vs":', '"vb":', '"t":', '"bn":', '"bt":', '"bu":', '"bv":'),
    *('"bver":', '"vd":', '"s":', '"ut":', '"x_":', "1e308", "-1e308", "1e999", "null", "true"),
    *("},{", "\\u0000", "\\ud800", "bench/", "-5", "268435456", "1795343351.242", "[[[[", "NaN"),
)


def take_pack(data: bytes) -> None:
    """Parse a subject (first line) and a payload (the rest), beside the reference."""
    subject, payload = _message(data)
    try:
        expected = resolve(subject, payload, arrived=ARRIVED)
    except UndecidedError:
        expected = None
        undecided = True
    else:
        undecided = False
    try:
        records = parse_pack(subject, payload, arrived=ARRIVED)
    except MalformedPackError as error:
        require(undecided or expected is None, "what RFC 8428 takes is taken", error.reason)
        return
    require(undecided or expected is not None, "what RFC 8428 refuses is refused", records)
    require(undecided or _plain(records) == expected, "both read the same", records, expected)
    for record in records:
        _check_record(record)


def _check_record(record: Record) -> None:
    encoded = encode_record(record)
    require(not set(encoded) & set(b"\r\n\0"), "a record is one line", encoded)
    require(json.loads(encoded) == _plain([record])[0], "JSON means the same to others", encoded)
    feed_events().check("readings", [json.loads(encoded)])
    if record.t >= _ABSOLUTE:
        again = parse_pack(sensor_subject(record.n), encode_pack([record]), arrived=ARRIVED)
        require(again == [record], "what is resolved is read again as it is", record, again)


def take_flush(data: bytes) -> None:
    """One flush of packs (a line each; the first byte picks the pace) to both kinds of client."""
    aggregate = _PACES[data[0] % len(_PACES)] if data else None
    pace = None if aggregate is None else Pace(10.0, aggregate)
    entries = list(_entries(data[1:].split(b"\n")))
    payloads = [part.payload for entry in entries for part in entry.parts]
    catalogue = Catalogue(
        sensors_max=3, stale_after=timedelta(minutes=1), forget_after=timedelta(hours=1)
    )
    catalogue.take(entries)
    framing = ReadingsFraming(lambda: catalogue.snapshot(lambda _: True), pace)
    if not payloads:
        return
    kept = framing.reduce(payloads)
    _check_kept(payloads, kept, aggregate)
    for chunk in framing.frame(kept, AT):
        _check_event(chunk, kept)
    snapshot = parse_stream(framing.snapshot(AT))
    require(len(snapshot) == 1 and snapshot[0].name == "snapshot", "a snapshot is one event")
    feed_events().check("snapshot", json.loads(snapshot[0].data))
    for view in catalogue.view():
        require(view.n == json.loads(bytes(view.last))["n"], "a sensor is listed by its name", view)


def _entries(lines: list[bytes]) -> Iterator[Entry]:
    for offset, line in enumerate(lines, 1):
        delivery = Delivery("sensors.bench.x", line, offset, ARRIVED)
        try:
            yield read_entry(delivery)
        except MalformedPackError:
            yield Entry(offset, ())


def _check_kept(payloads: list[bytes], kept: Sequence[bytes], aggregate: Aggregate | None) -> None:
    before, after = _by_sensor(payloads), _by_sensor(kept)
    require(list(before) == list(after), "no sensor is left out or made up", before, after)
    if aggregate is None:
        require(list(kept) == payloads, "without a pace all are delivered")
    for name, records in after.items():
        given = [record["v"] for record in before[name] if "v" in record]
        for record in records:
            require(sum(key in record for key in ("v", "vs", "vb")) == 1, "one value", record)
            if "v" in record:
                low, high = min(given), max(given)
                slack = 1e-9 * max(abs(low), abs(high), 1e-300)
                require(
                    math.isfinite(record["v"]) and low - slack <= record["v"] <= high + slack,
                    "what stands for readings lies among them",
                    record,
                    given,
                )


def _by_sensor(payloads: Sequence[bytes]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for payload in payloads:
        record = json.loads(payload)
        found.setdefault(record["n"], []).append(record)
    return found


def _check_event(chunk: bytes, kept: Sequence[bytes]) -> None:
    """What a client of either transport gets is what was sent."""
    (event,) = parse_stream(chunk)
    pack = [json.loads(payload) for payload in kept]
    require((event.name, event.id) == ("readings", str(AT)), "an event is named", event)
    require(json.loads(event.data) == pack, "parse(encode(x)) == x", event, pack)
    feed_events().check("readings", pack, {"event": "readings", "id": event.id})
    frame = json.loads(frame_event("readings", event.data, id_=event.id))
    require(frame == {"type": "readings", "id": str(AT), "data": pack}, "a frame says the same")
    feed_frames().check("readings", frame)
    read = decode_event(event.name, event.data, event.id)
    require(isinstance(read, Readings) and read.position == AT, "our own client reads it", read)
    told = [json.loads(msgspec.json.encode(record)) for record in read.records]  # type: ignore[union-attr]
    left = [{key: value for key, value in one.items() if value is not None} for one in told]
    require(left == [{"t": 0.0, **one} for one in pack], "our own client reads the same", left)


def _message(data: bytes) -> tuple[str, bytes]:
    subject, _, payload = data.partition(b"\n")
    return "sensors." + subject.decode("utf-8", "replace"), payload


def _plain(records: list[Record]) -> list[dict[str, Any]]:
    names = ("n", "u", "v", "vs", "vb")
    found = [{k: v for k in names if (v := getattr(one, k)) is not None} for one in records]
    # Left out where it is 0, as a default.
    return [
        {**one, "t": record.t} if record.t else one
        for one, record in zip(found, records, strict=True)
    ]


_PACKS: Final = (
    b'[{"u":"Cel","v":21.5}]',
    b'[{"n":"bench/temperature","u":"Cel","v":21.4,"t":1795343351.242}]',
    b'[{"bn":"bench/","bt":1795000000,"bu":"Cel","bv":20,"n":"a","v":1,"t":-5},{"n":"b","u":"K"}]',
    b'[{"bn":"bench/c","vs":"on"}]',
    b'[{"bn":"bench/","bu":"W"},{"n":"power","v":3}]',
    b'[{"v":1,"u":"furlong","x_extra":[1],"ut":5}]',
    b'[{"v":1,"must_":1}]',
    b'[{"v":1,"must\\u005f":1}]',
    b'[{"bver":10,"v":1}]',
    b'[{"bn":"bench/","bv":1,"n":"a"},{"bn":""},{"bn":"","u":"K"}]',
    b'[{"vs":"","u":""}]',
    b'[{"bver":11,"v":1}]',
    b'[{"vs":"a\\r\\ndata: x\\u0000\\u2028","t":1795343351}]',
    b'[{"vb":true,"vs":"a"}]',
    b'[{"v":NaN}]',
    b'[{"v":1e999}]',
    b'[{"v":1e308,"bv":1e308}]',
    b'[{"x":[[[[[[[[1]]]]]]]]}]',
    b'[{"v":1,"v":"2"}]',
    b'[{"n":"bench/*","v":1}]',
    b'[{"n":"other/temperature","v":1}]',
    b'[{"vs":"\xff"}]',
    b'[{"vs":"\\ud800"}]',
    b'[{"v":1,"cn":"\\ud800/jv"}]',
    b"[]",
    b"\xff\xfe",
)
_FLUSHES: Final = (
    b'\x02[{"v":1e308}]\n[{"v":1e308}]',
    b'\x03[{"v":1}]\n[{"v":7}]\n[{"v":-2}]\n[{"vs":"off"}]',
    b'\x01[{"n":"bench/a","v":1},{"n":"bench/b","v":1}]\n[{"n":"bench/c","v":1}]\n[{"n":"bench/d","vb":true}]',
    b'\x00[{"v":1,"t":-1795343351.5}]\nno\n[{"vs":"\\u2028\\n"}]',
)
TARGETS: Final = (
    Target(
        "senml",
        "a pack is read as RFC 8428 says, or refused for a named reason, like the reference does",
        take_pack,
        (*(b"bench.temperature\n" + pack for pack in _PACKS), b"bench\n[]", b"b.*.>\n[]"),
        _WORDS,
    ),
    Target(
        "flush",
        "what a flush says survives both transports, and an aggregate lies among its readings",
        take_flush,
        _FLUSHES,
        _WORDS,
    ),
)
