"""Frames of chat: what clients send, decided twice, by the decoder and by the document."""

import json
from contextlib import suppress
from typing import Any, Final, NoReturn

import msgspec

from chat.change_errors import BadEmojiError
from chat.client_frames import (
    Change,
    ClientFrame,
    Post,
    Refresh,
    check_post,
    decode_frame,
    is_cid,
)
from chat.errors import (
    BadCidError,
    BadFrameError,
    Code,
    TextEmptyError,
    TextTooLongError,
)
from chat.protocol import HISTORY_LIMIT, ErrorTold, Limits, encode_frame
from realtime.client import chat_frames as client_frames
from realtime.client import feed_events as client_events
from realtime.client.errors import BadEventError
from realtime.position import parse_position
from realtime.subjects import is_token
from systemtests.fuzz.target import Target, require
from systemtests.wire import UndocumentedError, chat_frames

LIMITS: Final = Limits(rooms=20, text_bytes=4096, replay=1000, posts_per_second=5, posts_burst=20)
_DETAIL_MAX: Final = 300
_BIG_DIGITS: Final = 4_300
"""More than these Python reads no integer of."""


class _TwiceError(Exception):
    """A key that is there twice, of which the decoder checks both and JSON Schema the last."""


def take_frame(data: bytes) -> None:
    """Decode a text frame and check it, and compare with what the document says."""
    text = data.decode("utf-8", "replace")
    documented = _documented(text)
    try:
        frame = decode_frame(text)
    except BadFrameError as error:
        require(not documented, "what is documented is taken", error.detail)
        require(len(error.detail) <= _DETAIL_MAX, "a refusal is short")
        _check_refusal(error)
        return
    again = msgspec.json.encode(frame).decode()
    require(decode_frame(again) == frame, "a frame is read again as it is", frame, again)
    if documented is None:
        return
    if _fits(frame):
        require(documented, "what is taken is documented", frame)
    elif documented:
        _check_only_text_is_wrong(frame)


def _check_refusal(error: BadFrameError) -> None:
    """The answer to a bad frame is itself a documented one."""
    told = ErrorTold(
        code=Code(error.code), message=error.detail, retryable=False, cid=error.cid or msgspec.UNSET
    )
    require(error.cid is None or is_cid(error.cid), "a cid that is told is one", error.cid)
    chat_frames("send").check("error", json.loads(encode_frame(told)))


def _fits(frame: ClientFrame) -> bool:
    """Whether all that its types don't say is right, too."""
    if isinstance(frame, Refresh):
        return True
    positions = [getattr(frame, name, None) for name in ("after", "before", "position")]
    if not is_token(frame.room) or not 1 <= getattr(frame, "limit", 1) <= HISTORY_LIMIT:
        return False
    if any(at is not None and parse_position(at) is None for at in positions):
        return False
    if isinstance(frame, Post | Change):
        try:
            check_post(frame, LIMITS)
        except (BadCidError, TextTooLongError, TextEmptyError, BadEmojiError):
            return False
    return True


def _check_only_text_is_wrong(frame: ClientFrame) -> None:
    """Of what is documented only a text or an emoji may be refused: bytes aren't in a schema."""
    require(isinstance(frame, Post | Change), "what is documented is taken", frame)
    try:
        check_post(frame, LIMITS)  # type: ignore[arg-type]
    except (TextTooLongError, TextEmptyError, BadEmojiError):
        return
    except BadCidError:
        pass
    require(holds=False, promise="what is documented is taken")


def _documented(text: str) -> bool | None:
    """Whether the document has such a frame; None where two readers of JSON may differ."""
    try:
        frame = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
        text.encode()
        json.dumps(frame, ensure_ascii=False).encode()
        chat_frames("receive").check(str(frame.get("type")), frame)
    except UndocumentedError:
        return False
    except (_TwiceError, RecursionError, UnicodeEncodeError):
        return None
    except (ValueError, AttributeError):
        # No JSON, or no object; digits without end are a number to JSON.
        return None if sum(map(str.isdigit, text)) > _BIG_DIGITS else False
    # 1.0 is an integer to JSON Schema; inf stands for more than a double holds.
    return None if any(isinstance(value, float) for value in frame.values()) else True


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise _TwiceError
    return dict(pairs)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def take_told(data: bytes) -> None:
    """Any frame or event to our own client: an object, nothing, or its one error."""
    name, _, rest = data.partition(b"\n")
    told, text = name.decode("utf-8", "replace"), rest.decode("utf-8", "replace")
    with suppress(BadEventError):
        client_frames.decode_frame(rest)
    with suppress(BadEventError):
        client_events.decode_event(told, text, "e3f9c2-7")


_ASKED: Final = (
    b'{"type":"join","room":"a"}',
    b'{"room":"a","after":"e100-7","type":"join"}',
    b'{"type":"join","room":"a","after":null}',
    b'{"type":"leave","room":"a"}',
    b'{"type":"post","room":"a","cid":"c","text":"t"}',
    b'{"type":"edit","room":"a","position":"e100-7","text":"t","cid":"c"}',
    b'{"type":"delete","room":"a","position":"e100-7","cid":"c"}',
    '{"type":"react","room":"a","position":"e100-7","emoji":"👍","on":false,"cid":"c"}'.encode(),
    b'{"type":"typing","room":"a"}',
    b'{"type":"history","room":"a","before":"e100-7","limit":3}',
    b'{"type":"refresh","token":"t"}',
    # What was once a traceback, or could be one.
    b'{"type":"post","room":"a","cid":"c","text":"\\ud800"}',
    b'{"type":"history","room":"a","limit":NaN}',
    b'{"type":"history","room":"a","limit":1e999}',
    b'{"type":"history","room":"a","limit":1.0}',
    b'{"type":"history","room":"a","limit":' + b"9" * 4_400 + b"}",
    b'{"x":' + b"[" * 2_000,
    b'{"type":"join","room":"a"}{}',
    b'{"type":"post","room":"a","cid":"","text":" "}',
    b'{"type":"post","room":"a\\n","cid":"c","text":"t"}',
    b'{"type":"join","room":"a","after":"e100-7\\n"}',
    b'{"type":7}',
    b"[]",
)
_TOLD: Final = (
    b'\n{"type":"welcome","session":"s.a","user":"a","heartbeat":20,"limits":{}}',
    b'\n{"type":"joined","room":"a","head":"e100-7","resumed":true,"messages":[],"members":[],"count":0}',
    b'\n{"type":"message","room":"a","position":"e100-7","cid":"c","user":"u","text":"t","time":1}',
    b'\n{"type":"gap","room":"a","from":"e100-7","to":"e100-9","reason":"evicted"}',
    b'\n{"type":"later","x":1}',
    b'hello\n{"epoch":"e3f9c2","resumed":true,"heartbeat":15,"server_time":1.2}',
    b'readings\n[{"n":"a/b","v":1,"t":2}]',
    b'gap\n{"from":1,"to":2,"reason":"evicted"}',
    b'gap\n{"from":' + b"9" * 4_400 + b',"to":2,"reason":"evicted"}',
    b"snapshot\n" + b"[" * 2_000,
    b'status\n{"upstream":"\\ud800"}',
    b'status\n{"upstream":"\xff"}',
)
_WORDS: Final = (
    *('"type":', '"room":', '"cid":', '"text":', '"position":', '"after":', '"before":', '"on":'),
    *('"limit":', '"emoji":', '"token":', '"join"', '"post"', '"edit"', '"react"', '"history"'),
    *("null", "true", "1e5", "\\ud800", "\\u0000", "👍", "}{", '"e100-7"', "-1", "101", "\\n"),
)
TARGETS: Final = (
    Target(
        "frames",
        "a frame is taken, or refused in few words, as the AsyncAPI document says",
        take_frame,
        _ASKED,
        _WORDS,
        8192,
    ),
    Target(
        "told",
        "our own client reads every frame and event, or raises its one error",
        take_told,
        _TOLD,
        (*_WORDS, '"messages":', '"epoch":', '"from":', '"to":', '"n":', "readings\n", "gap\n"),
        8192,
    ),
)
