"""Readings as SenML JSON (RFC 8428): the only form in which one crosses a process boundary.

A pack is an array of records. Base fields (``bn bt bu bv``) hold from the record that states them
to the end of the pack; what leaves `parse_pack` is resolved (RFC 8428, section 4.6): full name,
own value, absolute time.
"""

import math
from enum import StrEnum
from typing import Any, ClassVar, Final, TypeVar

import msgspec

from realtime.errors import AirwaveError, BadSensorNameError
from realtime.subjects import is_sensor_name, sensor_of_subject

_T = TypeVar("_T")

TEXT_VALUE_MAX: Final = 256
"""Characters in a ``vs``; longer texts are not readings."""
UNIT_MAX: Final = 32
"""Characters in a unit; the longest in the SenML registry is well below."""
RECORDS_MAX: Final = 1_000
"""Records in one pack; a device that has more sends more packs."""
VERSION: Final = 10
"""The version of SenML that RFC 8428 describes; a newer one must not be used."""
# RFC 8428, section 4.5.3: times below 2**28 are relative to now.
_RELATIVE_TIME_BELOW: Final = 2**28


class Rejection(StrEnum):
    """Why a pack was not taken: a closed list, because it becomes a metric's label."""

    NOT_JSON = "not_json"
    NOT_A_PACK = "not_a_pack"
    BAD_NAME = "bad_name"
    WRONG_DEVICE = "wrong_device"
    BAD_VALUE = "bad_value"
    BAD_TIME = "bad_time"
    BAD_UNIT = "bad_unit"
    TOO_MANY_RECORDS = "too_many_records"
    NOT_UNDERSTOOD = "not_understood"


class MalformedPackError(AirwaveError):
    """A pack that is not valid SenML for its subject."""

    code = "malformed_pack"

    def __init__(self, reason: Rejection, detail: str) -> None:
        self.reason = reason
        self.detail = detail
        super().__init__(f"{reason}: {detail}")


class Record(msgspec.Struct, omit_defaults=True, frozen=True):
    """One resolved reading: what it is of, its unit, exactly one value, and when.

    ``t`` is in Unix seconds; exactly one of ``v`` (a finite number), ``vs`` (text) and ``vb``
    (truth) is set.
    """

    schema_note: ClassVar[dict[str, Any]] = {
        "oneOf": [{"required": [value]} for value in ("v", "vs", "vb")]
    }
    n: str
    u: str | None = None
    v: float | None = None
    vs: str | None = None
    vb: bool | None = None
    t: float = 0.0


class _WireRecord(msgspec.Struct):
    """A record as it may arrive; fields that we do not know pass (RFC 8428, section 4.4).

    But for those that end with ``_``: see `_check_understood`.
    """

    n: str = ""
    u: str | None = None
    v: float | None = None
    vs: str | None = None
    vb: bool | None = None
    t: float | None = None
    bn: str | None = None
    bt: float | None = None
    bu: str | None = None
    bv: float | None = None
    bver: float | None = None


_decoder = msgspec.json.Decoder(list[_WireRecord])
_fields_decoder = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_encoder = msgspec.json.Encoder()


def encode_record(record: Record) -> bytes:
    """Write one record as compact JSON, the element of a pack."""
    return _encoder.encode(record)


def encode_pack(records: list[Record]) -> bytes:
    """Write a pack as compact JSON."""
    return _encoder.encode(records)


def parse_pack(subject: str, payload: bytes, *, arrived: float) -> list[Record]:
    """Resolve the pack that came on ``subject``.

    ``arrived`` (Unix seconds) dates records without a time of their own.

    Raises:
        MalformedPackError: says which rule was broken. Nothing of the pack is used then: half a
            pack would make the count of records depend on where the fault sits.
    """
    wire = _decode(payload)
    try:
        own_name = sensor_of_subject(subject)
    except BadSensorNameError as error:
        raise MalformedPackError(Rejection.BAD_NAME, str(error)) from error
    base = _Base()
    records: list[Record] = []
    for position, item in enumerate(wire):
        base.take(item)
        if _has_value(item, base):
            records.append(_resolve(item, base, own_name, position, arrived))
    return records


def _decode(payload: bytes) -> list[_WireRecord]:
    wire = _read(_decoder, payload)
    if not wire:
        raise MalformedPackError(Rejection.NOT_A_PACK, "a pack holds at least one record")
    if len(wire) > RECORDS_MAX:
        detail = f"{len(wire)} records, {RECORDS_MAX} at most"
        raise MalformedPackError(Rejection.TOO_MANY_RECORDS, detail)
    # Hardly any pack has an underscore before the end of a text, as it is or escaped.
    if b'_"' in payload or b"\\u005" in payload:
        _check_understood(payload)
    return wire


def _read(decoder: msgspec.json.Decoder[_T], payload: bytes) -> _T:
    try:
        return decoder.decode(payload)
    except msgspec.ValidationError as error:
        raise MalformedPackError(Rejection.NOT_A_PACK, str(error)) from error
    # RecursionError: JSON nested a hundred thousand deep.
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedPackError(Rejection.NOT_JSON, str(error)) from error


def _check_understood(payload: bytes) -> None:
    """Refuse a field that must be understood (its name ends with ``_``): none of those is ours."""
    records = _read(_fields_decoder, payload)
    for position, fields in enumerate(records):
        for name in fields:
            if name.endswith("_"):
                detail = f"record {position}: {name[:80]!r} must be understood, and is not"
                raise MalformedPackError(Rejection.NOT_UNDERSTOOD, detail)


class _Base:
    """The base fields in force at a record."""

    def __init__(self) -> None:
        self.name = ""
        self.time: float | None = None
        self.unit: str | None = None
        self.value: float | None = None

    def take(self, item: _WireRecord) -> None:
        if item.bver is not None and item.bver > VERSION:
            detail = f"SenML of version {item.bver:g}, {VERSION} at most"
            raise MalformedPackError(Rejection.NOT_UNDERSTOOD, detail)
        if item.bn is not None:
            self.name = item.bn
        if item.bt is not None:
            self.time = item.bt
        if item.bu is not None:
            self.unit = item.bu
        if item.bv is not None:
            self.value = item.bv


def _has_value(item: _WireRecord, base: _Base) -> bool:
    """Tell a record from a carrier of base fields (RFC 8428, section 4.2 allows those alone)."""
    if item.v is not None or item.vs is not None or item.vb is not None or base.value is not None:
        return True
    only_base = item.bn is not None or item.bt is not None or item.bu is not None
    return not (only_base and not item.n and item.t is None)


def _resolve(
    item: _WireRecord, base: _Base, own_name: str, position: int, arrived: float
) -> Record:
    name = _name(base.name + item.n, own_name, position)
    unit = item.u if item.u is not None else base.unit
    if unit is not None and len(unit) > UNIT_MAX:
        detail = f"record {position}: unit of {len(unit)} characters, {UNIT_MAX} at most"
        raise MalformedPackError(Rejection.BAD_UNIT, detail)
    value = _number(item, base, position)
    return Record(
        n=name,
        u=unit,
        v=value,
        vs=item.vs,
        vb=item.vb,
        t=_time(item, base, position, arrived),
    )


def _name(given: str, own_name: str, position: int) -> str:
    if not given:
        return own_name
    # Devices write "urn:dev:…"-like base names with a trailing separator; ours is "/".
    if not is_sensor_name(given):
        detail = f"record {position}: {BadSensorNameError(given)}"
        raise MalformedPackError(Rejection.BAD_NAME, detail)
    if given.split("/", 1)[0] != own_name.split("/", 1)[0]:
        detail = f"record {position}: {given[:200]!r} does not belong to the subject's device"
        raise MalformedPackError(Rejection.WRONG_DEVICE, detail)
    return given


def _number(item: _WireRecord, base: _Base, position: int) -> float | None:
    """The record's number, if its value is one; checks that there is exactly one value."""
    number = item.v
    if base.value is not None and item.vs is None and item.vb is None:
        number = (number or 0.0) + base.value
    given = [value for value in (number, item.vs, item.vb) if value is not None]
    if len(given) != 1:
        detail = f"record {position}: exactly one of v, vs and vb, not {len(given)}"
        raise MalformedPackError(Rejection.BAD_VALUE, detail)
    if number is not None and not math.isfinite(number):
        raise MalformedPackError(Rejection.BAD_VALUE, f"record {position}: v is not finite")
    if item.vs is not None and len(item.vs) > TEXT_VALUE_MAX:
        detail = f"record {position}: vs of {len(item.vs)} characters, {TEXT_VALUE_MAX} at most"
        raise MalformedPackError(Rejection.BAD_VALUE, detail)
    return number


def _time(item: _WireRecord, base: _Base, position: int, arrived: float) -> float:
    if item.t is None and base.time is None:
        return arrived
    time = (item.t or 0.0) + (base.time or 0.0)
    if not math.isfinite(time):
        raise MalformedPackError(Rejection.BAD_TIME, f"record {position}: t is not finite")
    return time if time >= _RELATIVE_TIME_BELOW else arrived + time
