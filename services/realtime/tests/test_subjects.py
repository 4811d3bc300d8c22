import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.errors import BadSensorNameError, BadTokenError
from realtime.subjects import (
    check_token,
    is_sensor_name,
    is_token,
    room_of_subject,
    room_subject,
    sensor_of_subject,
    sensor_subject,
)

HOSTILE = ["", "*", ">", "a.b", "a b", "a\n", "a/b", "ü", "x" * 65, "a\x00", "..", "a\r\nPUB x"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_never_become_a_subject(text: str) -> None:
    with pytest.raises(BadTokenError):
        room_subject(text)
    with pytest.raises(BadSensorNameError):
        sensor_subject(f"device/{text}" if text != "a/b" else "a/*")


@pytest.mark.parametrize("text", ["a", "A_b-9", "x" * 64])
def test_tokens_pass(text: str) -> None:
    assert check_token("room", text) == text
    assert room_of_subject(room_subject(text)) == text


def test_a_sensor_name_has_two_to_six_tokens() -> None:
    assert not is_sensor_name("a")
    assert is_sensor_name("a/b")
    assert is_sensor_name("a/b/c/d/e/f")
    assert not is_sensor_name("a/b/c/d/e/f/g")


@given(st.lists(st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True), min_size=2, max_size=6))
def test_a_sensor_name_survives_its_subject(tokens: list[str]) -> None:
    name = "/".join(tokens)
    assert sensor_of_subject(sensor_subject(name)) == name


@given(st.text(max_size=80))
def test_a_token_holds_nothing_that_a_subject_reads_as_syntax(text: str) -> None:
    assert not is_token(text) or not set(text) & set(" .*>\r\n\t/\x00")
