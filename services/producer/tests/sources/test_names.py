import pytest
from hypothesis import given
from hypothesis import strategies as st

from producer.sources.names import clean_token, sensor_name
from realtime.subjects import is_token


@pytest.mark.parametrize(
    ("label", "token"),
    [
        ("Soil Moisture #2", "Soil-Moisture-2"),
        ("coretemp-Package id 0", "coretemp-Package-id-0"),
        ("ok_-1", "ok_-1"),
        ("*.>", ""),
        ("a\r\nb", "a-b"),
        ("x" * 63 + " yz", "x" * 63),
        ("größe", "gr-e"),
    ],
)
def test_a_label_becomes_a_token(label: str, token: str) -> None:
    assert clean_token(label) == token


@given(st.text())
def test_whatever_the_label_the_result_is_a_token_or_nothing(label: str) -> None:
    token = clean_token(label)

    assert token == "" or is_token(token)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("bench/temperature", "bench/temperature"),
        ("temperature", "replay-x/temperature"),
        ("air temperature/upper floor", "replay-x/air-temperature/upper-floor"),
        ("a/*/>", "replay-x/a"),
        ("*", "replay-x"),
    ],
)
def test_a_name_without_a_device_is_put_under_one(label: str, name: str) -> None:
    assert sensor_name(label, device="replay-x") == name
