import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.position import Position, parse_position


@given(
    epoch=st.from_regex(r"[a-z0-9]{4,16}", fullmatch=True),
    offset=st.integers(min_value=0, max_value=10**19 - 1),
)
def test_a_position_survives_the_wire(epoch: str, offset: int) -> None:
    position = Position(epoch, offset)
    assert parse_position(str(position)) == position


@pytest.mark.parametrize("text", ["abcd-0", "a" * 16 + "-5", "e3f9c2-" + "9" * 19])
def test_the_shortest_and_the_longest_are_positions(text: str) -> None:
    assert str(parse_position(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "e3f9c2",
        "e3f9c2-",
        "-5",
        "e3f9c2--5",
        "e3f9c2-5\n",
        " e3f9c2-5",
        "E3F9C2-5",
        "abc-5",
        "a" * 17 + "-5",
        "e3f9c2-" + "9" * 20,
        "e3f9c2-\u0665",
        "*",
        "e3f9c2-5-6",
        "\x00",
    ],
)
def test_anything_else_is_no_position(text: str) -> None:
    assert parse_position(text) is None


@given(st.text())
def test_parsing_never_raises(text: str) -> None:
    parsed = parse_position(text)
    assert parsed is None or str(parsed).split("-")[0] == parsed.epoch
