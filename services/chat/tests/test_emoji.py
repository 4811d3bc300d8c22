"""What counts as an emoji."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.emoji import is_emoji


@pytest.mark.parametrize(
    "text",
    [
        "👍",
        "👍🏽",
        "❤️",
        "🇨🇭",
        "👩‍👩‍👧‍👦",
        "1️⃣",
        "#️⃣",
        "©️",
        "\u2139\ufe0f",
        "‼️",
        "〰️",
        "🏴󠁧󠁢󠁳󠁣󠁴󠁿",
        "🫨",
        "☀",
        "↔️",
        "Ⓜ️",
    ],
)
def test_what_people_react_with_is_an_emoji(text: str) -> None:
    assert is_emoji(text, most_bytes=64)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "1",
        "#",
        "+1",
        "ok",
        "é",
        "日本",
        "👍 ",
        "👍a",
        "<👍>",
        "👍\n",
        "\u202e👍",
        "a\u0301",
        "\ud83d",
        "👍\u0301",
        "\u200b",
    ],
)
def test_what_is_text_is_none(text: str) -> None:
    assert not is_emoji(text, most_bytes=64)


def test_bytes_are_counted() -> None:
    assert is_emoji("👍" * 2, most_bytes=8)
    assert not is_emoji("👍" * 2, most_bytes=7)


@given(st.text())
def test_any_text_is_one_or_none(text: str) -> None:
    if is_emoji(text, most_bytes=32):
        assert 0 < len(text.encode()) <= 32
        assert text.strip() == text
