from typing import Any

import msgspec

from realtime.openapi import answer, completed, parameters, problems


class Thing(msgspec.Struct):
    """A thing."""

    name: str


MADE = {
    "openapi": "3.1.0",
    "paths": {"/a": {"get": {"responses": {"200": {}, "422": {"of": "FastAPI"}}}}},
}


def test_a_document_is_completed_by_what_fastapi_can_not_know() -> None:
    paths: dict[str, Any] = {"/b": {"get": {"responses": {}}}}
    document = completed(MADE, types=[Thing], servers=[{"url": "/x"}], paths=paths)
    assert set(document["paths"]) == {"/a", "/b"}
    assert set(document["paths"]["/a"]["get"]["responses"]) == {"200"}
    assert set(document["components"]["schemas"]) == {"Problem", "Thing"}
    schemes = document["components"]["securitySchemes"]
    assert schemes["cookie"]["type"] == "apiKey"
    assert document["security"][0] == {}


def test_refusals_are_problem_documents_with_what_a_client_needs_beside_them() -> None:
    made = problems(400, 503)
    assert set(made) == {400, 503}
    example = made[400]["content"]["application/problem+json"]["example"]
    assert (example["status"], example["code"]) == (400, "bad_query")
    assert set(made[503]["headers"]) == {"Retry-After"}
    assert "headers" not in made[400]


def test_an_answer_has_an_example_as_json_has_it() -> None:
    made = answer("One.", "application/json", {"type": "object"}, Thing("x"))
    assert made["content"]["application/json"]["example"] == {"name": "x"}


def test_a_parameters_description_stands_beside_its_schema() -> None:
    (made,) = parameters({"limit": {"type": "integer", "description": "How many."}})
    assert made["description"] == "How many."
    assert made["schema"] == {"type": "integer"}
