"""The bounds of settings, as their fields have them, and a value on either side of each."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Final, TypeAlias, get_args, get_origin

from pydantic.fields import FieldInfo

from realtime.settings import ServiceSettings

Number: TypeAlias = int | float | timedelta

_FINEST: Final = timedelta(microseconds=1)
_SIGNS: Final = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
"""By what pydantic calls them."""


@dataclass(frozen=True, slots=True)
class Bound:
    """One bound of one setting."""

    name: str
    kind: type[Number]
    sign: str
    edge: Any

    def __str__(self) -> str:
        return self.sign + _text(self.edge)

    @property
    def within(self) -> Number:
        """The last value that keeps it."""
        return self._edge if self._is_closed else self._next(inwards=True)

    @property
    def beyond(self) -> Number:
        """The first value that doesn't."""
        return self._next(inwards=False) if self._is_closed else self._edge

    @property
    def _edge(self) -> Any:
        return self.edge if self.kind is timedelta else self.kind(self.edge)

    @property
    def _is_closed(self) -> bool:
        return self.sign.endswith("=")

    def _next(self, *, inwards: bool) -> Number:
        up = self.sign.startswith(">") is inwards
        if self.kind is float:
            return math.nextafter(self._edge, math.inf if up else -math.inf)
        step: Any = _FINEST if self.kind is timedelta else 1
        return self._edge + (step if up else -step)  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Side:
    """A value next to a bound, as an environment has it, and whether it is taken."""

    variable: str
    text: str
    taken: bool

    def __str__(self) -> str:
        return f"{self.variable}={self.text}"


def numbers(kind: type[ServiceSettings]) -> dict[str, type[Number]]:
    """The settings that are numbers or durations, with the type of each."""
    found = {name: _type_of(field.annotation) for name, field in kind.model_fields.items()}
    return {name.upper(): type_ for name, type_ in found.items() if type_ is not None}


def bounds(kind: type[ServiceSettings]) -> dict[str, str]:
    """The bounds of each setting that has some: ``<=1 >=0``, durations in seconds."""
    found: dict[str, list[str]] = {}
    for bound in _bounds(kind):
        found.setdefault(bound.name, []).append(str(bound))
    return {name: " ".join(sorted(signs)) for name, signs in found.items()}


def sides(kind: type[ServiceSettings]) -> Iterator[Side]:
    """For each bound the last value that keeps it, and the first that doesn't."""
    for bound in _bounds(kind):
        variable = kind.prefix + bound.name
        yield Side(variable, _text(bound.within), taken=True)
        yield Side(variable, _text(bound.beyond), taken=False)


def _bounds(kind: type[ServiceSettings]) -> Iterator[Bound]:
    for name, type_ in numbers(kind).items():
        for one in _metadata(kind.model_fields[name.lower()]):
            for called, sign in _SIGNS.items():
                if (edge := getattr(one, called, None)) is not None:
                    yield Bound(name, type_, sign, edge)


def _metadata(field: FieldInfo) -> Iterator[Any]:
    """Of a field, also where only one of several forms of its value has some."""
    yield from field.metadata
    for form in get_args(field.annotation):
        if get_origin(form) is Annotated:
            for one in get_args(form)[1:]:
                yield from one.metadata if isinstance(one, FieldInfo) else [one]


def _type_of(annotation: Any) -> type[Number] | None:
    forms = [annotation, *get_args(annotation)]
    plain = [get_args(form)[0] if get_origin(form) is Annotated else form for form in forms]
    return next((form for form in plain if form in (int, float, timedelta)), None)


def _text(value: Number) -> str:
    if isinstance(value, timedelta):
        part = value % timedelta(seconds=1)
        return f"{value.total_seconds():.6f}" if part else f"{value.total_seconds():.0f}"
    return repr(value)
