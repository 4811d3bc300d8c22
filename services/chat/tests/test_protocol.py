"""Frames in, frames out, without a socket."""

import contextlib
import json
import string

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.errors import BadCidError, BadFrameError, TextEmptyError, TextTooLongError
from chat.protocol import (
    Ack,
    AskHistory,
    ClientFrame,
    Drain,
    ErrorTold,
    GapTold,
    HistoryPage,
    Join,
    Joined,
    Leave,
    Left,
    Limits,
    Message,
    Post,
    PresenceTold,
    Typing,
    TypingTold,
    Welcome,
    check_post,
    decode_frame,
    decode_message,
    encode_frame,
    stored_form,
)

LIMITS = Limits(rooms=20, text_bytes=4096, replay=1000, posts_per_second=5, posts_burst=20)
MESSAGE = Message(
    room="lobby", position="e100-7", cid="c1", user="ada", text='he said "é"\n', time=1.5
)

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
        {"type": st.sampled_from(["join", "leave", "post", "history", "edit"])},
        optional={
            name: st.text(max_size=5) | st.integers() | st.none()
            for name in ("room", "cid", "text", "after", "before", "limit", "extra")
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


def test_server_frames_are_compact_and_have_exactly_their_fields() -> None:
    raw = msgspec.Raw(b'{"position":"e100-7"}')
    frames = {
        encode_frame(Left(room="a")): '{"type":"left","room":"a"}',
        encode_frame(Drain(reconnect_in_ms=7)): '{"type":"drain","reconnect_in_ms":7}',
        encode_frame(
            Ack(cid="c", room="a", position="e100-7", duplicate=False)
        ): '{"type":"ack","cid":"c","room":"a","position":"e100-7","duplicate":false}',
        encode_frame(
            PresenceTold(room="a", joined=["ada"], left=[], count=3)
        ): '{"type":"presence","room":"a","joined":["ada"],"left":[],"count":3}',
        encode_frame(
            TypingTold(room="a", users=["ada"])
        ): '{"type":"typing","room":"a","users":["ada"]}',
        encode_frame(
            GapTold(room="a", first="e100-7", to="e100-9", reason="epoch")
        ): '{"type":"gap","room":"a","from":"e100-7","to":"e100-9","reason":"epoch"}',
        encode_frame(
            HistoryPage(room="a", messages=[raw], more=True)
        ): '{"type":"history","room":"a","messages":[{"position":"e100-7"}],"more":true}',
        encode_frame(
            ErrorTold(code="bad_frame", message="m", retryable=False)
        ): '{"type":"error","code":"bad_frame","message":"m","retryable":false}',
        encode_frame(
            ErrorTold(code="bad_frame", message="m", retryable=False, cid="c")
        ): '{"type":"error","code":"bad_frame","message":"m","retryable":false,"cid":"c"}',
        encode_frame(
            Joined(room="a", head="e100-7", resumed=True, messages=[raw], members=["ada"], count=1)
        ): '{"type":"joined","room":"a","head":"e100-7","resumed":true,'
        '"messages":[{"position":"e100-7"}],"members":["ada"],"count":1}',
    }
    for encoded, expected in frames.items():
        assert encoded.decode() == expected
    welcome = json.loads(
        encode_frame(Welcome(session="s", user="ada", heartbeat=20, limits=LIMITS))
    )
    assert list(welcome) == ["type", "session", "user", "heartbeat", "limits"]
    assert welcome["limits"]["text_bytes"] == 4096


def test_the_stored_form_of_a_message_is_the_frame_without_type_and_room() -> None:
    frame = encode_frame(MESSAGE)
    assert list(json.loads(frame)) == ["type", "room", "position", "cid", "user", "text", "time"]
    stored = json.loads(stored_form("lobby", frame))
    assert stored == {
        "position": "e100-7",
        "cid": "c1",
        "user": "ada",
        "text": 'he said "é"\n',
        "time": 1.5,
    }
    assert decode_message(frame) == MESSAGE


@given(st.text(), st.text(min_size=1, max_size=64))
def test_a_message_comes_back_as_it_was(text: str, cid: str) -> None:
    try:
        text.encode()
        cid.encode()
    except UnicodeEncodeError:
        return
    message = msgspec.structs.replace(MESSAGE, text=text, cid=cid)
    frame = encode_frame(message)
    assert decode_message(frame) == message
    assert b"\n" not in frame
    assert json.loads(stored_form("lobby", frame))["text"] == text


def test_text_is_counted_in_bytes_and_may_not_be_empty() -> None:
    check_post(Post(room="a", cid="c", text="é" * 2048), LIMITS)
    with pytest.raises(TextTooLongError) as raised:
        check_post(Post(room="a", cid="c", text="é" * 2048 + "x"), LIMITS)
    assert (raised.value.size, raised.value.limit) == (4097, 4096)
    for empty in ("", " \n\t"):
        with pytest.raises(TextEmptyError):
            check_post(Post(room="a", cid="c", text=empty), LIMITS)


def test_a_cid_has_1_to_64_characters() -> None:
    for cid in ("c", "é" * 64, "a b\r\nc"):
        check_post(Post(room="a", cid=cid, text="t"), LIMITS)
    for cid in ("", "c" * 65):
        with pytest.raises(BadCidError):
            check_post(Post(room="a", cid=cid, text="t"), LIMITS)
