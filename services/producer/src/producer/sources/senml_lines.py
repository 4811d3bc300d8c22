"""Recorded readings as JSON lines of SenML (RFC 8428): a pack or a single record on each."""

import json
from collections.abc import Mapping
from typing import Any, Final

from producer.sources.names import sensor_name
from producer.sources.rows import TIME_MAX, BadRowError
from realtime.contracts import MalformedPackError, Record, Rejection, parse_pack
from realtime.subjects import is_sensor_name, sensor_subject

_BASE: Final[Mapping[str, tuple[type, ...]]] = {
    "bn": (str,),
    "bt": (int, float),
    "bu": (str,),
    "bv": (int, float),
}


class SenmlLines:
    """Parser for the lines of one file.

    Base fields hold to the end of their pack; those of a line that is a single record hold for the
    single records that follow, as in a SenML stream (RFC 8428, section 4.8). Times below 2**28 are
    not relative to now but to each other: a replay moves all of them anyway.
    """

    def __init__(self, *, device: str) -> None:
        """Records whose name does not begin with a device are put under ``device``."""
        self._device = device
        self._stream_base: dict[str, Any] = {}

    def parse(self, line: str) -> list[Record]:
        """Read one line's records, in the order of their times."""
        if not line.strip():
            return []
        found = _decode(line)
        records = (
            self._pack(found)
            if isinstance(found, list)
            else self._resolve(found, self._stream_base)
        )
        return sorted(records, key=lambda record: record.t)

    def _pack(self, items: list[Any]) -> list[Record]:
        base: dict[str, Any] = {}
        return [record for item in items for record in self._resolve(item, base)]

    def _resolve(self, item: object, base: dict[str, Any]) -> list[Record]:
        """Take the item's base fields into ``base`` and read it as a pack of its own.

        Its base fields hold even if the rest of it is no good: the lines below rely on them.
        """
        if not isinstance(item, dict):
            raise BadRowError(Rejection.NOT_A_PACK, "a record is a JSON object")
        carried = _base_fields(item)
        base.update(carried)
        if not item.keys() - carried.keys():
            return []
        whole = {**base, **item}
        name = self._name(whole)
        return _parse_alone(name, {**whole, "bn": "", "n": name})

    def _name(self, item: dict[str, Any]) -> str:
        own = item.get("n", "")
        if not isinstance(own, str):
            raise BadRowError(Rejection.BAD_NAME, "n is not a text")
        label = item.get("bn", "") + own
        name = sensor_name(label, device=self._device)
        if not is_sensor_name(name):
            raise BadRowError(Rejection.BAD_NAME, f"{label[:80]!r} makes no sensor name")
        return name


def _base_fields(item: dict[str, Any]) -> dict[str, Any]:
    carried = {key: item[key] for key in _BASE if key in item}
    for key, value in carried.items():
        # Python counts truth values as integers; JSON does not.
        if isinstance(value, bool) or not isinstance(value, _BASE[key]):
            raise BadRowError(Rejection.NOT_A_PACK, f"{key} is {value!r:.40}")
    return carried


def _decode(line: str) -> object:
    try:
        found: object = json.loads(line)
    # RecursionError: JSON nested a hundred thousand deep.
    except (ValueError, RecursionError) as error:
        raise BadRowError(Rejection.NOT_JSON, str(error)) from error
    return found


def _parse_alone(name: str, item: dict[str, Any]) -> list[Record]:
    if item.get("t") is None and item.get("bt") is None:
        raise BadRowError(Rejection.BAD_TIME, "neither t nor bt: no time to replay at")
    payload = json.dumps([item]).encode()
    try:
        records = parse_pack(sensor_subject(name), payload, arrived=0.0)
    except MalformedPackError as error:
        raise BadRowError(error.reason, error.detail) from error
    if any(abs(record.t) >= TIME_MAX for record in records):
        raise BadRowError(Rejection.BAD_TIME, "t is not in seconds")
    return records
