"""JSON Schemas of what crosses the wire, made from the types that write and read it. Pure.

They stand under ``components`` of an AsyncAPI or an OpenAPI document. Every object is closed: a
field that is not documented is a field that must not be there. What a type can't say for itself
(a pattern, a length) is said by ``extra_json_schema``, which decoding doesn't look at: a room of a
bad name is answered ``bad_name`` and not ``bad_frame``.
"""

import inspect
from collections.abc import Sequence
from typing import Annotated, Any, Final, TypeAlias

import msgspec
from msgspec import Meta

Schema: TypeAlias = dict[str, Any]

REF: Final = "#/components/schemas/"

TokenText: TypeAlias = Annotated[str, Meta(extra_json_schema={"pattern": "^[A-Za-z0-9_-]{1,64}$"})]
"""A name that may become part of a subject: a room, a user."""
PositionText: TypeAlias = Annotated[
    str, Meta(extra_json_schema={"pattern": "^[a-z0-9]{4,16}-[0-9]{1,19}$"})
]
"""``<epoch>-<offset>``."""


def reference(name: str) -> Schema:
    """What stands for the component ``name``."""
    return {"$ref": REF + name}


def stands_for(name: str) -> Meta:
    """The note on a `Raw` that holds an encoded ``name``; that type is to be given too."""
    return Meta(extra_json_schema=reference(name))


def schemas_of(types: Sequence[Any]) -> tuple[list[Schema], dict[str, Schema]]:
    """The schema of each type, and the components that they refer to.

    A struct among the types may say more of itself in a class variable ``schema_note``.
    """
    schemas, components = msgspec.json.schema_components(types, ref_template=REF + "{name}")
    for type_ in types:
        if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
            component = components[type_.__name__]
            _drop_nulls(type_, component)
            component |= getattr(type_, "schema_note", {})
    for component in components.values():
        if "description" in component:
            component["description"] = inspect.cleandoc(component["description"])
        if "properties" in component:
            component["additionalProperties"] = False
    return list(schemas), components


def _drop_nulls(struct: type[msgspec.Struct], component: Schema) -> None:
    """A default that is left out when it is encoded is never seen."""
    if not struct.__struct_config__.omit_defaults:
        return
    for name, schema in component["properties"].items():
        kinds = [one for one in schema.pop("anyOf", []) if one != {"type": "null"}]
        schema.pop("default", None)
        component["properties"][name] = schema | (kinds[0] if len(kinds) == 1 else {})


def plain(value: object) -> Any:
    """A value as JSON has it: dicts, lists, texts and numbers, nothing of them shared."""
    return msgspec.json.decode(msgspec.json.encode(value))
