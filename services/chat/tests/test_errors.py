"""The closed list of words for what went wrong."""

import inspect

import pytest

import chat.change_errors
import chat.errors
from chat.errors import Code, code_of
from realtime.errors import (
    AirwaveError,
    BadTokenError,
    BrokerRefusedError,
    BrokerUnavailableError,
    StreamMissingError,
)
from realtime.fanout import TooManyChannelsError


@pytest.mark.parametrize(
    ("error", "code", "retryable"),
    [
        (BadTokenError("room", "*"), Code.BAD_NAME, False),
        (BrokerUnavailableError("publish"), Code.UPSTREAM_DOWN, True),
        (BrokerRefusedError("publish", "disk full"), Code.UPSTREAM_REFUSED, True),
        (StreamMissingError("CHAT"), Code.UPSTREAM_DOWN, True),
        (TooManyChannelsError(7), Code.CHANNELS, True),
        (AirwaveError("unheard of"), Code.INTERNAL, False),
    ],
)
def test_errors_of_the_library_have_a_word_of_the_list(
    error: AirwaveError, code: Code, *, retryable: bool
) -> None:
    assert code_of(error) is code
    assert error.retryable is retryable


def test_every_error_of_chat_has_a_word_of_the_list() -> None:
    kinds = [
        kind
        for module in (chat.errors, chat.change_errors)
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, AirwaveError) and kind.__module__ == module.__name__
    ]
    assert len(kinds) == 20
    for kind in kinds:
        assert kind.code in list(Code)
