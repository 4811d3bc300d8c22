"""Settings as a typed value, read once at the root; unknown names refuse to start."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import BeforeValidator, Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, SettingsConfigDict

from realtime.errors import AirwaveError

S = TypeVar("S", bound="ServiceSettings")


def _seconds(value: Any) -> Any:
    """Take "2.5" as seconds, so that nobody has to write ISO 8601 durations in an environment."""
    if isinstance(value, str):
        try:
            return timedelta(seconds=float(value))
        except (ValueError, OverflowError):  # "inf" is a float, but no duration
            return value
    return value


Seconds = Annotated[timedelta, BeforeValidator(_seconds)]
"""A duration, written in the environment as a number of seconds."""
Duration = Annotated[Seconds, Field(gt=timedelta(0))]
"""A duration that can't be nothing."""
Pause = Annotated[Seconds, Field(ge=timedelta(0))]
"""A duration that may be nothing."""
Rate = Annotated[float, Field(gt=0, allow_inf_nan=False)]
"""So many a second. Endless would be none: a bucket of that rate never has a whole one."""
Port = Annotated[int, Field(ge=0, le=65_535)]
"""A TCP port; 0 lets the system choose one."""


class BadSettingsError(AirwaveError):
    """The environment can't be turned into settings; one line per problem."""

    code = "bad_settings"

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


class ServiceSettings(BaseSettings):
    """What every service has; a service adds its own and its ``env_prefix``."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
    prefix: ClassVar[str]

    nats_url: str
    """where NATS is, as nats://host:port"""
    nats_streams: Literal["keep", "use"] = "keep"
    """keep: make the streams and correct their settings; use: python -m realtime.streams does"""
    host: str = "127.0.0.1"
    """address to listen on"""
    admin_host: str = "127.0.0.1"
    """address that /livez, /readyz and /metrics listen on"""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """debug, info, warning or error"""
    trace_url: str = ""
    """where traces go by OTLP, as http://host:4318/v1/traces; empty: nothing is traced"""
    trace_share: float = Field(default=0.01, ge=0, le=1)
    """share of what is published here that begins a trace"""
    log_format: Literal["auto", "json", "console"] = "auto"
    """json or console; auto is console on a terminal"""

    @property
    def keeps_streams(self) -> bool:
        """Whether this service makes the streams that it needs."""
        return self.nats_streams == "keep"


def read_settings(kind: type[S], environ: Mapping[str, str] | None = None) -> S:
    """Make settings of ``kind`` from the environment.

    Raises:
        BadSettingsError: names each variable that is missing, unknown or wrong.
    """
    environ = os.environ if environ is None else environ
    prefix = kind.prefix
    given = {name: value for name, value in environ.items() if name.startswith(prefix)}
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, value in given.items():
        field = name.removeprefix(prefix).lower()
        if field in kind.model_fields and name == prefix + field.upper():
            values[field] = value
        else:
            problems.append(f"{_shown(name)} is not a setting of this service")
    try:
        settings = kind(**values)
    except ValidationError as error:
        problems += [_problem(prefix, item, given) for item in error.errors(include_url=False)]
        raise BadSettingsError(problems) from error
    if problems:
        raise BadSettingsError(problems)
    return settings


@dataclass(frozen=True, slots=True)
class SettingFacts:
    """A setting as people read it: its variable, its default as text, what it is."""

    variable: str
    default: str
    text: str
    required: bool


def describe_settings(kind: type[ServiceSettings]) -> list[SettingFacts]:
    """Every setting of ``kind``, in the order of declaration."""
    return [
        SettingFacts(
            kind.prefix + name.upper(),
            _default(field),
            field.description or "",
            required=field.is_required(),
        )
        for name, field in kind.model_fields.items()
    ]


def settings_help(kind: type[ServiceSettings]) -> str:
    """The end of a ``--help``: every setting with its default."""
    facts = describe_settings(kind)
    width = max(len(item.variable) for item in facts)
    lines = [f"  {item.variable:<{width}}  {item.text}; {_said(item)}" for item in facts]
    return "\n".join(["settings, from the environment (durations in seconds):", *lines])


def _said(facts: SettingFacts) -> str:
    return facts.default if facts.required else f"default {facts.default or 'none'}"


def _default(field: FieldInfo) -> str:
    value = field.default
    if field.is_required():
        return "must be set"
    if isinstance(value, timedelta):
        return f"{value.total_seconds():.15g}"
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, bool):
        return str(int(value))
    return "" if value is None else str(value)


def _shown(name: str) -> str:
    """A variable's name on one line, whatever is in it."""
    return name if name.isprintable() else repr(name)[1:-1]


def _problem(prefix: str, item: Any, given: Mapping[str, str]) -> str:
    # What follows in the place are parts of a list, or forms that the value could have had.
    name = prefix + str(item["loc"][0]).upper()
    if item["type"] == "missing":
        return f"{name} must be set"
    # An address may hold a password, and this line goes to a log.
    shown = "" if name.endswith("_URL") else f"={given.get(name, item['input'])!r}"
    return f"{name}{shown}: {item['msg']}"
