from typing import Annotated

import msgspec
import pytest
from msgspec import Raw

from realtime.contracts import Record
from realtime.schemas import PositionText, TokenText, plain, schemas_of, stands_for


class Item(msgspec.Struct):
    """What it is.

    And more.
    """

    room: TokenText
    at: PositionText | None = None


class Page(msgspec.Struct):
    """A page."""

    items: list[Annotated[Raw, stands_for("Item")]]


def test_objects_are_closed_and_described_by_their_docstring() -> None:
    (schema, _), components = schemas_of([Page, Item])
    assert schema == {"$ref": "#/components/schemas/Page"}
    assert components["Item"]["description"] == "What it is.\n\nAnd more."
    assert all(one["additionalProperties"] is False for one in components.values())
    items = components["Page"]["properties"]["items"]
    assert items == {"type": "array", "items": {"$ref": "#/components/schemas/Item"}}


def test_what_a_type_is_noted_to_be_is_documented_but_not_decoded_by() -> None:
    _, components = schemas_of([Item])
    assert components["Item"]["properties"]["room"]["pattern"] == "^[A-Za-z0-9_-]{1,64}$"
    assert msgspec.json.decode(b'{"room":"a b"}', type=Item).room == "a b"


def test_a_default_that_is_left_out_is_never_null() -> None:
    _, components = schemas_of([Record])
    record = components["Record"]
    assert record["properties"]["v"] == {"type": "number"}
    assert record["oneOf"] == [{"required": ["v"]}, {"required": ["vs"]}, {"required": ["vb"]}]
    assert record["required"] == ["n"]


def test_a_plain_value_shares_nothing() -> None:
    shared = [1]
    made = plain({"a": shared, "b": shared, "c": Item("x")})
    assert made == {"a": [1], "b": [1], "c": {"room": "x", "at": None}}
    assert made["a"] is not made["b"]


def test_what_is_no_type_is_refused() -> None:
    with pytest.raises(TypeError):
        schemas_of([object()])
