"""Frames in, without a socket."""

import contextlib
import json
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.change_errors import BadEmojiError
from chat.client_frames import (
    AskHistory,
    Change,
    ClientFrame,
    Delete,
    Edit,
    Join,
    Leave,
    Post,
    React,
    Typing,
    check_post,
    decode_frame,
)
from chat.errors import BadCidError, BadFrameError, TextEmptyError, TextTooLongError
from chat.protocol import Limits

LIMITS = Limits(rooms=20, text_bytes=4096, replay=1000, posts_per_second=5, posts_burst=20)
AT = "e100-7"

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ('{"type":"join","room":"a"}', Join(room="a")),
        ('{"room":"a","after":"e100-7","type":"join"}', Join(room="a", after="e100-7")),
        ('{"type":"join","room":"a","after":null}', Join(room="a")),
        ('{"type":"leave","room":"a"}', Leave(room="a")),
        ('{"type":"post","room":"a","cid":"c","text":"t"}', Post(room="a", cid="c", text="t")),
        (
            '{"type":"edit","room":"a","position":"e100-7","text":"t","cid":"c"}',
            Edit(room="a", position=AT, text="t", cid="c"),
        ),
        (
            '{"type":"delete","room":"a","position":"e100-7","cid":"c"}',
            Delete(room="a", position=AT, cid="c"),
        ),
        (
            '{"type":"react","room":"a","position":"e100-7","emoji":"👍","on":false,"cid":"c"}',
            React(room="a", position=AT, emoji="👍", on=False, cid="c"),
        ),
        ('{"type":"typing","room":"a"}', Typing(room="a")),
        ('{"type":"history","room":"a"}', AskHistory(room="a", before=None, limit=50)),
        (
            '{"type":"history","room":"a","before":"e100-7","limit":3}',
            AskHistory(room="a", before="e100-7", limit=3),
        ),
    ],
)
def test_a_frame_becomes_its_type(text: str, frame: ClientFrame) -> None:
    assert decode_frame(text) == frame


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "truncated"),
        ("{", "truncated"),
        ("[]", "Expected `object`, got `array`"),
        ('"post"', "Expected `object`"),
        ("{}", "missing required field `type`"),
        ('{"type":"shout"}', "Invalid value 'shout'"),
        ('{"type":7}', "$.type"),
        ('{"type":"join"}', "missing required field `room`"),
        ('{"type":"join","room":7}', "$.room"),
        ('{"type":"join","room":"a","x":1}', "unknown field `x`"),
        ('{"type":"history","room":"a","limit":NaN}', "malformed"),
        ('{"type":"history","room":"a","limit":1.5}', "$.limit"),
        ('{"type":"history","room":"a","limit":1e999}', "$.limit"),
        ('{"type":"post","room":"a","cid":"c","text":null}', "$.text"),
        ('{"type":"post","room":"a","cid":"c","text":"\\ud800"}', ""),
        ('{"type":"join","room":"\ud800"}', ""),
        ('{"type":"delete","room":"a","cid":"c"}', "missing required field `position`"),
        ('{"type":"delete","room":"a","position":"p","cid":"c","text":"t"}', "unknown field"),
        ('{"type":"react","room":"a","position":"p","cid":"c","emoji":"e","on":1}', "$.on"),
        ('{"type":"join","room":"a"}{}', "trailing"),
        ('{"x":' + "[" * 60_000, ""),
        ("[" * 60_000, ""),
        ('{"type":"history","room":"a","limit":' + "9" * 60_000 + "}", ""),
    ],
)
def test_what_is_no_frame_says_what_was_wrong(text: str, says: str) -> None:
    with pytest.raises(BadFrameError, match=r".+") as raised:
        decode_frame(text)
    assert says in raised.value.detail
    assert len(raised.value.detail) <= 300


def test_a_bad_frame_is_told_with_its_cid_if_it_has_a_usable_one() -> None:
    for cid, told in (("c1", "c1"), ("", None), ("c" * 65, None), (7, None)):
        with pytest.raises(BadFrameError) as raised:
            decode_frame(json.dumps({"type": "post", "cid": cid, "room": "a"}))
        assert raised.value.cid == told


@given(JSON)
def test_any_json_is_a_frame_or_a_bad_frame(value: object) -> None:
    with contextlib.suppress(BadFrameError):
        decode_frame(json.dumps(value))


@given(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["join", "leave", "post", "history", "edit", "delete", "react"])},
        optional={
            name: st.text(max_size=5) | st.integers() | st.none()
            for name in (
                "room",
                "cid",
                "text",
                "after",
                "before",
                "limit",
                "position",
                "emoji",
                "on",
                "extra",
            )
        },
    )
)
def test_almost_frames_are_frames_or_bad_frames(value: object) -> None:
    with contextlib.suppress(BadFrameError):
        decode_frame(json.dumps(value))


@given(st.text(alphabet=string.printable + "é\x00\u2028"))
def test_any_text_is_a_frame_or_a_bad_frame(text: str) -> None:
    with contextlib.suppress(BadFrameError):
        decode_frame(text)


def test_text_is_counted_in_bytes_and_may_not_be_empty() -> None:
    check_post(Post(room="a", cid="c", text="é" * 2048), LIMITS)
    with pytest.raises(TextTooLongError) as raised:
        check_post(Post(room="a", cid="c", text="é" * 2048 + "x"), LIMITS)
    assert (raised.value.size, raised.value.limit) == (4097, 4096)
    for empty in ("", " \n\t"):
        with pytest.raises(TextEmptyError):
            check_post(Post(room="a", cid="c", text=empty), LIMITS)
        with pytest.raises(TextEmptyError):
            check_post(Edit(room="a", position=AT, cid="c", text=empty), LIMITS)
    with pytest.raises(TextTooLongError):
        check_post(Edit(room="a", position=AT, cid="c", text="x" * 4097), LIMITS)


def test_an_emoji_has_so_many_bytes() -> None:
    for emoji in ("👍", "👍" * 8):
        check_post(React(room="a", position=AT, emoji=emoji, on=True, cid="c"), LIMITS)
    for emoji in ("", "ok", "👍" * 9):
        with pytest.raises(BadEmojiError):
            check_post(React(room="a", position=AT, emoji=emoji, on=True, cid="c"), LIMITS)


CHANGES: list[Change] = [
    Edit(room="a", position=AT, text="t", cid=""),
    Delete(room="a", position=AT, cid="c" * 65),
    React(room="a", position=AT, emoji="👍", on=True, cid=""),
]


@pytest.mark.parametrize("change", CHANGES)
def test_changes_have_a_cid_too(change: Change) -> None:
    with pytest.raises(BadCidError):
        check_post(change, LIMITS)


def test_a_cid_has_1_to_64_characters() -> None:
    for cid in ("c", "é" * 64, "a b\r\nc"):
        check_post(Post(room="a", cid=cid, text="t"), LIMITS)
    for cid in ("", "c" * 65):
        with pytest.raises(BadCidError):
            check_post(Post(room="a", cid=cid, text="t"), LIMITS)
