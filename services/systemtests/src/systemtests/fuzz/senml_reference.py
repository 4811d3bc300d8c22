"""SenML read a second time, straight from RFC 8428 and our contract, without msgspec or our code.

Slow and plain: what the feed takes, with which values, has to be what this takes.
"""

import json
import math
from typing import Any, Final, NoReturn, TypeAlias

Resolved: TypeAlias = dict[str, Any]
_Pairs: TypeAlias = list[tuple[str, Any]]

_LETTERS: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")
_TEXTS: Final = frozenset({"n", "u", "vs", "bn", "bu"})
_NUMBERS: Final = frozenset({"v", "t", "bt", "bv", "bver"})
_VERSION: Final = 10
_RELATIVE_BELOW: Final = 2**28


class UndecidedError(Exception):
    """Bytes that two readers of JSON may see differently, and rightly: no Unicode, too deep."""


class _RefusedError(Exception):
    pass


class _Object(_Pairs):
    """A JSON object with all that it says, also what it says twice."""


def resolve(subject: str, payload: bytes, *, arrived: float) -> list[Resolved] | None:
    """The pack's readings, each with its name, value and time; None if it has to be refused.

    Raises:
        UndecidedError: both are right.
    """
    own = subject.removeprefix("sensors.").replace(".", "/")
    try:
        pack = _read(payload)
        _need(_is_name(own))
        _need(isinstance(pack, list) and not isinstance(pack, _Object) and 1 <= len(pack) <= 1000)
        return _all(pack, own, arrived)
    except _RefusedError:
        return None


def _read(payload: bytes) -> Any:
    try:
        return json.loads(payload.decode(), object_pairs_hook=_Object, parse_constant=_refuse)
    except (UnicodeDecodeError, RecursionError) as error:
        raise UndecidedError from error
    except ValueError as error:
        if "integer string conversion" in str(error):
            raise UndecidedError from error
        raise _RefusedError from error


def _refuse(_: str) -> NoReturn:
    raise _RefusedError


def _need(holds: object) -> None:
    if not holds:
        raise _RefusedError


def _all(pack: list[Any], own: str, arrived: float) -> list[Resolved]:
    base: Resolved = {}
    found = []
    for item in pack:
        record = _record(item)
        base.update({key: record[key] for key in ("bn", "bt", "bu", "bv") if key in record})
        if not _is_bare(record) or "bv" in base:
            found.append(_resolved(record, base, own, arrived))
    return found


def _record(item: Any) -> Resolved:
    """An object's fields that mean something to us, of the right kinds; the last one counts."""
    _need(isinstance(item, _Object))
    record: Resolved = {}
    for key, value in item:
        if any("\ud800" <= letter <= "\udfff" for letter in key):
            raise UndecidedError
        _need(not key.endswith("_"))
        if key in _TEXTS:
            _need(isinstance(value, str) or (value is None and key != "n"))
            if value is not None and any("\ud800" <= letter <= "\udfff" for letter in value):
                raise _RefusedError
            record[key] = value
        elif key in _NUMBERS:
            record[key] = None if value is None else _number(value)
        elif key == "vb":
            _need(value is None or isinstance(value, bool))
            record[key] = value
        else:
            _check_unicode(value)
    _need((record.pop("bver", None) or 0) <= _VERSION)
    if record.get("n") == "":
        del record["n"]
    return {key: value for key, value in record.items() if value is not None}


def _check_unicode(value: Any) -> None:
    """Half a surrogate in what nobody looks at may be seen or not."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except (UnicodeEncodeError, RecursionError) as error:
        raise UndecidedError from error


def _is_bare(record: Resolved) -> bool:
    """Whether it only says what holds from here on."""
    own = record.keys() & {"n", "t", "v", "vs", "vb"}
    return not own and bool(record.keys() & {"bn", "bt", "bu"})


def _number(value: Any) -> float:
    _need(isinstance(value, (int, float)) and not isinstance(value, bool))
    try:
        number = float(value)
    except OverflowError:
        raise _RefusedError from None
    _need(math.isfinite(number))
    return number


def _resolved(record: Resolved, base: Resolved, own: str, arrived: float) -> Resolved:
    name = base.get("bn", "") + record.get("n", "") or own
    _need(_is_name(name) and name.split("/")[0] == own.split("/", maxsplit=1)[0])
    found: Resolved = {"n": name}
    unit = record.get("u", base.get("bu"))
    if unit is not None:
        _need(len(unit) <= 32)
        found["u"] = unit
    return found | _value(record, base) | {"t": _time(record, base, arrived)}


def _value(record: Resolved, base: Resolved) -> Resolved:
    value: Resolved = {key: record[key] for key in ("v", "vs", "vb") if key in record}
    if "bv" in base and not value.keys() & {"vs", "vb"}:
        value["v"] = value.get("v", 0.0) + base["bv"]
    _need(len(value) == 1)
    _need(math.isfinite(value.get("v", 0.0)) and len(value.get("vs", "")) <= 256)
    return value


def _time(record: Resolved, base: Resolved, arrived: float) -> float:
    if "t" not in record and "bt" not in base:
        return arrived
    time = float(record.get("t", 0.0) + base.get("bt", 0.0))
    _need(math.isfinite(time))
    return time if time >= _RELATIVE_BELOW else arrived + time


def _is_name(text: str) -> bool:
    tokens = text.split("/")
    return 2 <= len(tokens) <= 6 and all(
        1 <= len(token) <= 64 and _LETTERS.issuperset(token) for token in tokens
    )
