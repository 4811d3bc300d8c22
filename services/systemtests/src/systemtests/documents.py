"""What the published documents of a service must be, whichever service it is."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import httpx2
import yaml
from jsonschema_rs import Draft7Validator, Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

Document = dict[str, Any]

# Of @asyncapi/specs; its licence and what was left out stand at its top.
_ASYNCAPI: Final = Path(__file__).with_name("asyncapi-3.0.0.schema.json")


@cache
def _asyncapi_schema() -> Draft7Validator:
    return Draft7Validator(json.loads(_ASYNCAPI.read_text()))


async def read_asyncapi(url: str) -> Document:
    """The AsyncAPI document that is served below ``url``."""
    async with httpx2.AsyncClient(trust_env=False) as client:
        response = await client.get(url + "/asyncapi.yaml")
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/vnd.aai.asyncapi+yaml;version=3.0.0"
    document: Document = yaml.safe_load(response.content)
    return document


async def read_openapi(url: str) -> Document:
    """The OpenAPI document that is served below ``url``."""
    async with httpx2.AsyncClient(trust_env=False) as client:
        response = await client.get(url + "/openapi.json")
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json"
    document: Document = response.json()
    return document


def faults_of_asyncapi(document: Mapping[str, Any]) -> list[str]:
    """What of a document AsyncAPI 3.0 doesn't allow, and what it refers to that is not there."""
    faults = [error.message for error in _asyncapi_schema().iter_errors(document)]
    return faults + list(_dangling(document))


def faults_of_openapi(document: Mapping[str, Any]) -> list[str]:
    """What of a document OpenAPI 3.1 doesn't allow."""
    return [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()]


def _dangling(document: Mapping[str, Any]) -> Iterator[str]:
    for reference in sorted(references(document)):
        found: Any = document
        for step in reference.removeprefix("#/").split("/"):
            found = found.get(step) if isinstance(found, Mapping) else None
        if found is None:
            yield f"{reference} leads nowhere"


def references(value: Any) -> set[str]:
    """Every ``$ref`` in a document."""
    if isinstance(value, Mapping):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*map(references, value.values()))
    if isinstance(value, list):
        return set().union(*map(references, value))
    return set()


def unused_components(document: Mapping[str, Any]) -> set[str]:
    """Components that nothing refers to: what is said of nothing."""
    named = {
        f"#/components/{kind}/{name}"
        for kind in ("schemas", "messages")
        for name in document["components"].get(kind, {})
    }
    return named - references(document)


class Answers:
    """What an OpenAPI document says that each route answers."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def faults(
        self, method: str, path: str, status: int, media_type: str, body: object
    ) -> list[str]:
        """What of an answer is not in the document; ``path`` as the document has it."""
        responses = self._document["paths"][path][method]["responses"]
        if str(status) not in responses:
            return [f"{method} {path}: no {status}"]
        content = responses[str(status)].get("content", {})
        if media_type.partition(";")[0] not in content:
            return [f"{method} {path} {status}: no {media_type}"]
        schema = content[media_type.partition(";")[0]]["schema"]
        return self._faults(schema, body)

    def wrong_examples(self) -> list[str]:
        """Examples that are not what they are an example of."""
        return [
            fault
            for operations in self._document["paths"].values()
            for operation in operations.values()
            for response in operation["responses"].values()
            for content in response.get("content", {}).values()
            for fault in self._faults(content["schema"], content["example"])
        ]

    def _faults(self, schema: Mapping[str, Any], value: object) -> list[str]:
        root = {"allOf": [schema], "components": self._document["components"]}
        return [error.message for error in Draft202012Validator(root).iter_errors(value)]
