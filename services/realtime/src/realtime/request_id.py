"""The id that the edge gives a request, so that a person finds it in every log."""

from contextvars import ContextVar
from typing import Final

from starlette.datastructures import Headers

from realtime.subjects import is_token

HEADER: Final = "X-Request-Id"
"""Of HTTP requests, and of what is published because of one."""
current: ContextVar[str] = ContextVar("request_id", default="")
"""The request that this task works for; empty where that is nobody's."""


def request_id(headers: Headers) -> str:
    """The id that came with a request; one that is no token must not come near a header."""
    given = headers.get(HEADER, "")
    return given if is_token(given) else ""


def carried() -> dict[str, str]:
    """The header for what is published because of the current request."""
    given = current.get()
    return {HEADER: given} if given else {}
