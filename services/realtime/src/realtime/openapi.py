"""What FastAPI can't know of our routes, for their OpenAPI document. Pure.

Queries are checked by hand and bodies are encoded by msgspec, so parameters, schemas, examples and
refusals are said here; `completed` puts them together with what FastAPI makes of the routes.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from realtime.asyncapi import SECURITY
from realtime.problems import PROBLEM_TYPE, Problem, problem_of
from realtime.schemas import Schema, plain, reference, schemas_of

JSON_TYPE: Final = "application/json"
_OPERATIONS: Final = ("get", "head", "post")

_PROBLEMS: Final[Mapping[int, tuple[str, Problem]]] = {
    400: (
        "A parameter that can't be taken: which one, and why.",
        problem_of(400, "bad_query", "'0' is not a whole number from 1 to 100", parameter="limit"),
    ),
    401: (
        "A token is needed, or the one that was shown says nothing.",
        problem_of(401, "bad_token", "the token has expired", reason="expired"),
    ),
    403: (
        "Outside of the token's scope, or from a page of another origin.",
        problem_of(
            403,
            "forbidden",
            "room 'attic' is outside of what this identity may do",
            outside="attic",
        ),
    ),
    404: ("Nothing is there.", problem_of(404, "not_found", "Not Found")),
    405: (
        "Not by this method.",
        problem_of(405, "method_not_allowed", "POST is not GET or HEAD"),
    ),
    406: (
        "Not in a form that the client accepts.",
        problem_of(406, "not_acceptable", "this route answers text/event-stream"),
    ),
    426: (
        "Only by WebSocket.",
        problem_of(426, "upgrade_required", "this route speaks WebSocket"),
    ),
    503: (
        "Not now; `Retry-After` says when.",
        problem_of(503, "history_unavailable", "history is unavailable: starting"),
    ),
}
_HEADERS: Final[Mapping[int, Sequence[str]]] = {
    401: ["WWW-Authenticate"],
    405: ["Allow"],
    426: ["Upgrade"],
    503: ["Retry-After"],
}


def problems(*statuses: int) -> dict[int | str, Schema]:
    """The refusals of a route, as its ``responses``."""
    return {status: _problem(status) for status in statuses}


def _problem(status: int) -> Schema:
    description, example = _PROBLEMS[status]
    made = answer(description, PROBLEM_TYPE, reference(Problem.__name__), example)
    if status in _HEADERS:
        made["headers"] = {name: {"schema": {"type": "string"}} for name in _HEADERS[status]}
    return made


def answer(description: str, media_type: str, schema: Schema, example: object) -> Schema:
    """One response."""
    content = {media_type: {"schema": schema, "example": plain(example)}}
    return {"description": description, "content": content}


def parameters(schemas: Mapping[str, Schema], *, where: str = "query") -> list[Schema]:
    """The parameters of a route, each by its schema; its description moves out of it."""
    return [
        {
            "name": name,
            "in": where,
            "description": schema.get("description", ""),
            "schema": {key: value for key, value in schema.items() if key != "description"},
        }
        for name, schema in schemas.items()
    ]


def completed(
    document: Mapping[str, Any],
    *,
    types: Sequence[Any],
    servers: Sequence[Schema],
    paths: Mapping[str, Schema] | None = None,
) -> dict[str, Any]:
    """What FastAPI made, with the components of ``types`` and the routes that it doesn't have."""
    _, components = schemas_of([Problem, *types])
    all_paths = {**(paths or {}), **document["paths"]}
    for path in all_paths.values():
        for operation in (path[name] for name in _OPERATIONS if name in path):
            # FastAPI's own form of a bad parameter, which no route of ours answers.
            operation["responses"].pop(str(int(HTTPStatus.UNPROCESSABLE_ENTITY)), None)
    made: dict[str, Any] = plain(
        {
            **document,
            "servers": servers,
            "paths": all_paths,
            "components": {
                "schemas": dict(sorted(components.items())),
                "securitySchemes": {name: _scheme(one) for name, one in SECURITY.items()},
            },
            # The empty one: where no tokens are asked for, everybody is a guest.
            "security": [{}, *({name: []} for name in SECURITY)],
        }
    )
    return made


def _scheme(scheme: Schema) -> Schema:
    """A security scheme of AsyncAPI as OpenAPI has it."""
    return scheme | {"type": scheme["type"].replace("httpApiKey", "apiKey")}
