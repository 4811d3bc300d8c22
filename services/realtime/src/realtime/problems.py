"""Refusals over HTTP as problem documents (RFC 9457)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType
from starlette.responses import JSONResponse

PROBLEM_TYPE: Final = "application/problem+json"


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """What was wrong: ``code`` for programs, ``detail`` for people.

    ``parameter`` names the one that can't be taken, ``reason`` says why a token isn't taken, and
    ``outside`` what of the request lies outside of its scope. The edge says no ``code``.
    """

    type: str
    title: str
    status: int
    code: str | UnsetType = UNSET
    detail: str | UnsetType = UNSET
    parameter: str | UnsetType = UNSET
    reason: str | UnsetType = UNSET
    outside: str | UnsetType | None = UNSET


def problem_of(status: int, code: str, detail: str, **facts: Any) -> Problem:
    """The document that says it."""
    title = HTTPStatus(status).phrase
    return Problem(
        type="about:blank", title=title, status=status, code=code, detail=detail, **facts
    )


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    **facts: Any,
) -> JSONResponse:
    """A response that says what was wrong."""
    body = msgspec.to_builtins(problem_of(status, code, detail, **facts))
    return JSONResponse(body, status_code=status, headers=headers, media_type=PROBLEM_TYPE)


def prefers(header: str, what: str) -> bool:
    """Whether a ``Prefer`` header (RFC 7240) names ``what``.

    Two are known to us: ``status``, of a client that would rather have a true status than a stream
    that says "busy"; and ``elsewhere``, of an edge that will ask another replica if this one says
    503.
    """
    return what in (word.partition(";")[0].strip() for word in header.lower().split(","))
