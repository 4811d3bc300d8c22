"""What may become part of a subject or a key, and what is made of names that may not."""

import re
from typing import Final

from starlette.datastructures import Headers

from chat.emoji import is_emoji
from chat.names import Names, clean_name
from producer.sources.names import clean_token, sensor_name
from realtime.errors import BadSensorNameError, BadTokenError
from realtime.identity.who import GUEST_PREFIX, user_of
from realtime.request_id import request_id
from realtime.subjects import (
    is_sensor_name,
    is_token,
    matches,
    room_of_subject,
    room_subject,
    sensor_of_subject,
    sensor_subject,
)
from systemtests.fuzz.target import Target, require

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_SPECIAL: Final = frozenset("*>. /\t\r\n\0")


def take_name(data: bytes) -> None:
    """One name (first line), another, and a pattern (the third)."""
    name, other, pattern, *_ = (*data.decode("utf-8", "replace").split("\n"), "", "")
    _check_token(name)
    _check_sensor(name)
    _check_made(name, other)
    _check_matches(pattern, other)
    require(not is_emoji(name, most_bytes=32) or not name.isascii(), "an emoji is no text", name)


def _check_token(name: str) -> None:
    token = is_token(name)
    require(token == bool(_TOKEN.fullmatch(name)), "a token is what the contract says", name)
    require(not token or not _SPECIAL & set(name), "a token has nothing special in it", name)
    try:
        subject = room_subject(name)
    except BadTokenError as error:
        require(not token, "a token makes a subject", name, error)
    else:
        require(token and subject.count(".") == 1, "a room is one token of a subject", subject)
        require(room_of_subject(subject) == name, "a subject names its room", subject)
    given = request_id(Headers(raw=[(b"x-request-id", name.encode())]))
    require(given == (name if token else ""), "only a token is a request's id", given)


def _check_sensor(name: str) -> None:
    tokens = name.split("/")
    fits = 2 <= len(tokens) <= 6 and all(map(_TOKEN.fullmatch, tokens))
    require(is_sensor_name(name) == fits, "a sensor's name is 2 to 6 tokens", name)
    try:
        subject = sensor_subject(name)
    except BadSensorNameError as error:
        require(not fits, "a sensor's name makes a subject", name, error)
    else:
        require(fits and sensor_of_subject(subject) == name, "a subject names its sensor", subject)
    try:
        found = sensor_of_subject("sensors." + name)
    except BadSensorNameError:
        return
    require(is_sensor_name(found), "what a subject names is a sensor", found)


def _check_made(name: str, other: str) -> None:
    require(is_token(clean_name(name)), "a guest's name is a token", clean_name(name))
    made = clean_token(name)
    require(made == "" or is_token(made), "a cleaned label is a token", made)
    require(clean_token(made) == made, "cleaning twice changes nothing", made)
    placed = sensor_name(name, device="replay-x")
    require(is_sensor_name(name) == (placed == name), "a sensor's name is left alone", placed)
    user = user_of(name)
    require(is_token(user), "a user is a token", user)
    require(not user.startswith(GUEST_PREFIX), "no user looks like a guest", user)
    require(user == user_of(name), "a user stays who it is")
    require(other == name or user_of(other) != user, "two are never the same", name, other)
    names = Names("guest-")
    first = names.enter(name=name, session=other, replace=lambda: None)
    second = names.enter(name=name, session=other, replace=lambda: None)
    require(is_token(first.user) and is_token(second.user), "guests have tokens", first, second)
    require(first.user != second.user or first.session == second.session, "a name is one's own")


def _check_matches(pattern: str, name: str) -> None:
    tokens = pattern.split("/")
    if ">" in tokens[:-1]:
        return  # Refused before it comes here.
    parts = {"*": r"[^/]*", ">": r".*"}
    text = "/".join(parts.get(token, re.escape(token)) for token in tokens)
    found = matches(pattern, name, separator="/")
    require(found == bool(re.fullmatch(text, name, re.DOTALL)), "a pattern matches", pattern, name)


TARGETS: Final = (
    Target(
        "names",
        "nothing special comes near a subject or a key, and two names never become one",
        take_name,
        (
            b"ada\nbob\n*/temperature",
            b"greenhouse-1/temperature\na/b\na/>",
            b"a/b/c/d/e/f\na/b/c\na/*/c",
            b"*\n>\n>",
            b"a.b\na b\n*/*",
            "Ünï cödé ☃\nguest-1\na/b".encode(),
            b"user-x-0123456789ab\nguest-\n>/>",
            b"a\r\nb\0c\n\nx",
            b"a" * 64 + b"\n" + b"a" * 65 + b"\n" + b"a/" * 5 + b"a",
            "👍\n👍👍\na//b".encode(),
            b"ada\n" + b"A" * 22 + b".ada\n",
            "\u00e9\n\u0065\u0301\n*".encode(),
        ),
        ("/", "*", ">", "*/", "/>", ".", "guest-", "user-", "\n", "\0", "👍", "\u200d", "-"),
        512,
    ),
)
