"""The queries of ``GET /rooms`` and ``GET /rooms/{room}/messages``, checked."""

from collections.abc import Set as AbstractSet
from typing import Final

from starlette.datastructures import QueryParams

from chat.history import Span
from chat.protocol import HISTORY_DEFAULT, HISTORY_LIMIT
from realtime.errors import AirwaveError
from realtime.position import parse_position
from realtime.subjects import is_token

_KNOWN: Final = {"before", "after", "limit"}
_KNOWN_OF_ROOMS: Final = {"after", "limit"}


class BadQueryError(AirwaveError):
    """A parameter that can't be taken: which one, and why."""

    code = "bad_query"

    def __init__(self, parameter: str, detail: str) -> None:
        self.parameter = parameter
        self.detail = detail
        super().__init__(f"{parameter}: {detail}")


def parse_span(room: str, query: QueryParams, *, epoch: str) -> Span:
    """Check a request for messages; ``epoch`` is the one that positions have to be of.

    With ``after`` the oldest messages after it are meant, otherwise the newest.

    Raises:
        BadQueryError: names the parameter.
    """
    if not is_token(room):
        raise BadQueryError("room", "must be 1 to 64 characters out of A-Z a-z 0-9 _ and -")
    _check_names(query, _KNOWN)
    after = _offset(query, "after", epoch)
    return Span(
        room=room,
        limit=_limit(query.get("limit")),
        after=after,
        before=_offset(query, "before", epoch),
        oldest=after is not None,
    )


def parse_rooms(query: QueryParams, *, epoch: str) -> tuple[int | None, int]:
    """Check a request for rooms: those after which offset (None is the newest), and how many.

    Raises:
        BadQueryError: names the parameter.
    """
    _check_names(query, _KNOWN_OF_ROOMS)
    return _offset(query, "after", epoch), _limit(query.get("limit"))


def _check_names(query: QueryParams, known: AbstractSet[str]) -> None:
    for name in query:
        if name not in known:
            raise BadQueryError(name[:64], "is not a parameter of this route")
        if len(query.getlist(name)) > 1:
            raise BadQueryError(name, "is given more than once")


def _offset(query: QueryParams, name: str, epoch: str) -> int | None:
    text = query.get(name)
    if text is None:
        return None
    position = parse_position(text)
    if position is None:
        raise BadQueryError(name, f"{text[:64]!r} is not a position, <epoch>-<offset>")
    if position.epoch != epoch:
        raise BadQueryError(name, f"{text[:64]!r} is of another epoch; start without a position")
    return position.offset


def _limit(text: str | None) -> int:
    if text is None:
        return HISTORY_DEFAULT
    # isdecimal() alone takes digits of every script.
    limit = int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else 0  # noqa: PLR2004
    if not 1 <= limit <= HISTORY_LIMIT:
        detail = f"{text[:64]!r} is not a whole number from 1 to {HISTORY_LIMIT}"
        raise BadQueryError("limit", detail)
    return limit
