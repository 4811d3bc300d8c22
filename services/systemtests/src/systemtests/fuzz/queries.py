"""Queries of the feed's stream and stored readings, of chat's messages and rooms."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from starlette.datastructures import Headers, QueryParams

import chat.query
import feed.query
from chat.protocol import HISTORY_LIMIT
from chat.query import parse_rooms, parse_span
from feed.history import subjects_of
from feed.history_query import LIMIT_MAX, TIME_MAX, parse_history_query
from feed.query import PATTERNS_MAX, SensorFilter, accepts_event_stream, parse_readings_query
from realtime.problems import prefers, problem
from realtime.subjects import is_token
from systemtests.fuzz.target import Target, require

EPOCH: Final = "e100"
PROBES: Final = ("a/b", "a/c/d", "greenhouse-1/temperature", "b/b", "a/b/c/d/e/f")
_PROBLEM_BYTES: Final = 4096
_TOKEN: Final = r"[A-Za-z0-9_-]{1,64}"
_PATTERN: Final = re.compile(rf"(?:(?:\*|{_TOKEN})/){{0,5}}(?:\*|>|{_TOKEN})", re.ASCII)
_DECIMAL: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_WHOLE: Final = re.compile(r"\d+", re.ASCII)


def take_readings(data: bytes) -> None:
    """A query string (first line) and an ``Accept`` (second) for the stream."""
    raw, accept, *_ = (*data.split(b"\n"), b"")
    query = QueryParams(raw)
    headers = Headers(raw=[(b"accept", accept), (b"prefer", accept)])
    accepts_event_stream(headers)
    prefers(headers["prefer"], "status")
    default = timedelta(seconds=15)
    try:
        asked = parse_readings_query(query, headers, heartbeat=default)
    except feed.query.BadQueryError as error:
        _check_problem(error)
        _check_may_be_refused(query, error.parameter)
        return
    _check_numbers(query, ("max_hz", "heartbeat"))
    require(5 <= asked.heartbeat.total_seconds() <= 60, "a heartbeat is 5 to 60 s", asked)
    require(asked.pace is None or 0.1 <= asked.pace.max_hz <= 50, "0.1 to 50 Hz", asked)
    require(asked.pace is None or asked.pace.interval.total_seconds() > 0, "a pace has an interval")
    _check_filter(query, asked.sensors)


def take_history(data: bytes) -> None:
    """A query string for stored readings."""
    query = QueryParams(data)
    try:
        asked = parse_history_query(query)
    except feed.query.BadQueryError as error:
        _check_problem(error)
        _check_may_be_refused(query, error.parameter)
        return
    _check_numbers(query, ("since", "until"))
    _check_whole(query)
    require(1 <= asked.limit <= LIMIT_MAX, "1 to 5000 readings", asked)
    require(0 <= asked.since <= TIME_MAX, "times are of our age", asked)
    if asked.until is not None:
        require(asked.since <= asked.until <= TIME_MAX, "a span ends after it begins", asked)
        require(asked.holds(asked.until) and asked.holds(asked.since), "both ends are in", asked)
    _check_filter(query, asked.sensors)
    for subject in subjects_of(asked.sensors):
        require(
            re.fullmatch(rf"sensors\.({_TOKEN}\.)?>", subject), "asked by plain subjects", subject
        )


def take_rooms(data: bytes) -> None:
    """A room (first line) and a query string (the rest) for messages and for rooms."""
    room, _, raw = data.partition(b"\n")
    query, name = QueryParams(raw), room.decode("utf-8", "replace")
    try:
        span = parse_span(name, query, epoch=EPOCH)
    except chat.query.BadQueryError as error:
        _check_problem(error)
    else:
        require(is_token(name) and span.room == name, "a room is a token", name)
        require(1 <= span.limit <= HISTORY_LIMIT, "1 to 100 messages", span)
        require(span.oldest == (span.after is not None), "with after, the oldest are meant", span)
        _check_whole(query)
    try:
        after, limit = parse_rooms(query, epoch=EPOCH)
    except chat.query.BadQueryError as error:
        _check_problem(error)
    else:
        require(1 <= limit <= HISTORY_LIMIT, "1 to 100 rooms", limit)
        require(after is None or 0 <= after < 10**19, "after is an offset", after)


def _check_problem(error: feed.query.BadQueryError | chat.query.BadQueryError) -> None:
    """A refusal is a document that can be sent, and not a long one."""
    answer = problem(400, error.code, error.detail, parameter=error.parameter)
    told = json.loads(bytes(answer.body))
    require(told["parameter"] == error.parameter, "a refusal names the parameter", told)
    require(len(answer.body) <= _PROBLEM_BYTES, "a refusal is short", len(answer.body))


def _check_numbers(query: QueryParams, names: tuple[str, ...]) -> None:
    for name in names:
        text = query.get(name)
        require(text is None or _DECIMAL.fullmatch(text), "only numbers are taken", name, text)


def _check_whole(query: QueryParams) -> None:
    text = query.get("limit")
    require(text is None or _WHOLE.fullmatch(text), "only whole numbers are taken", text)


def _check_may_be_refused(query: QueryParams, parameter: str) -> None:
    """What is documented as a sensor pattern is never what is wrong."""
    if parameter == "sensor":
        patterns = query.getlist("sensor")
        fine = all(_PATTERN.fullmatch(one) for one in patterns)
        require(not fine or len(set(patterns)) > PATTERNS_MAX, "patterns are taken", patterns)


def _check_filter(query: QueryParams, sensors: SensorFilter) -> None:
    given = set(query.getlist("sensor"))
    require(sensors.patterns == given, "the filter is what was asked for", given)
    require(len(given) <= PATTERNS_MAX, "32 patterns at most", len(given))
    require(all(map(_PATTERN.fullmatch, given)), "only patterns are taken", given)
    for name in PROBES:
        wanted = not given or any(_regex(one).fullmatch(name) for one in given)
        require(sensors.wants(name) == wanted, "a filter wants what its patterns say", given, name)


def _regex(pattern: str) -> re.Pattern[str]:
    """A NATS-like pattern as a regular expression: a second implementation of `matches`."""
    parts = {"*": r"[^/]*", ">": r".+"}
    return re.compile("/".join(parts.get(token, re.escape(token)) for token in pattern.split("/")))


_QUERIES: Final = (
    b"",
    b"sensor=greenhouse-1/*&sensor=a/%3E&max_hz=2&agg=minmax&heartbeat=5",
    b"sensor=*/temperature&last_event_id=e3f9c2-1&ticket=x",
    b"sensor=a/%3E/b",
    b"sensor=%E2%98%83&sensor=%00%0D%0A",
    b"sensor=a/b/c/d/e/f/g",
    b"&".join(b"sensor=a/%d" % number for number in range(33)),
    b"max_hz=nan",
    b"max_hz=1_0",
    b"heartbeat=%D9%A1%D9%A5",
    b"heartbeat=+15",
    b"heartbeat=1e400",
    b"agg=mean",
    b"x%FF=1",
    b"max_hz=0.1&max_hz=50",
)
_HISTORIES: Final = (
    b"",
    b"sensor=a/*&since=1795343351.5&until=1795343352&limit=10",
    b"since=5&until=4",
    b"since=-1",
    b"since=1_0",
    b"until=253402300800",
    b"until=1e300",
    b"limit=0",
    b"limit=5001",
    b"limit=%D9%A1",
    b"limit=" + b"9" * 5_000,
    b"until=-0&since=-0",
)
_ROOMS: Final = (
    b"lobby\nbefore=e100-9&after=e100-3&limit=5",
    b"lobby\n",
    b"a.b\n",
    b"lobby\nlimit=1&limit=2",
    b"lobby\nlimit=%D9%A3",
    b"lobby\nafter=e101-1",
    b"lobby\nafter=e100-9999999999999999999",
    b"\xff\nlimit=" + b"9" * 5_000,
)


def _target(
    name: str, promise: str, take: Callable[[bytes], None], seeds: tuple[bytes, ...]
) -> Target:
    words = (
        *("sensor=", "max_hz=", "agg=", "heartbeat=", "last_event_id=", "ticket=", "since="),
        *("until=", "limit=", "before=", "after=", "&", "%00", "%0A", "%FF", "*/", "/>", "_", "e"),
        *("nan", "inf", "mean", "minmax", "e100-", "text/event-stream", "*/*", ";q=", ","),
    )
    return Target(name, promise, take, seeds, words, 8192)


TARGETS: Final = (
    _target(
        "queries",
        "a query of the stream is taken as documented, or refused by name in a short document",
        take_readings,
        (*_QUERIES, b"\ntext/html, text/*;q=0.5", b"\n" + b", " * 500 + b"text/event-streams"),
    ),
    _target(
        "history",
        "a query of stored readings is taken as documented, or refused by name",
        take_history,
        _HISTORIES,
    ),
    _target(
        "rooms",
        "queries of messages and rooms are taken as documented, or refused by name",
        take_rooms,
        _ROOMS,
    ),
)
