import logging
from typing import Any

import pytest
import structlog

from realtime.repeats import EVENTS_MAX, SHOWN, WINDOW, Repeats


class Listened:
    def __init__(self) -> None:
        self.now = 0.0
        self.repeats = Repeats(clock=lambda: self.now)
        self.shown: list[Any] = []

    def say(self, event: str = "stream_unreachable", **facts: Any) -> None:
        line = {"level": "warning", "event": event, **facts}
        try:
            self.shown.append(self.repeats(None, "", line))
        except structlog.DropEvent:
            return


@pytest.fixture
def listened() -> Listened:
    return Listened()


def test_the_first_few_are_shown_and_the_next_window_says_how_many_were_not(
    listened: Listened,
) -> None:
    for _ in range(SHOWN + 7):
        listened.say()
    assert len(listened.shown) == SHOWN
    listened.now = WINDOW
    listened.say()
    listened.say()
    assert [line.get("repeated") for line in listened.shown[SHOWN:]] == [7, None]


def test_one_event_does_not_hide_another(listened: Listened) -> None:
    for _ in range(SHOWN * 2):
        listened.say("a")
    listened.say("b")
    assert listened.shown[-1]["event"] == "b"


@pytest.mark.parametrize(
    "facts", [{"level": "info"}, {"level": "debug"}, {"exc_info": True}, {"held_back": 3}]
)
def test_what_is_no_warning_or_a_bug_or_sampled_already_always_passes(
    listened: Listened, facts: dict[str, Any]
) -> None:
    for _ in range(SHOWN * 2):
        listened.say(**facts)
    assert len(listened.shown) == SHOWN * 2


def test_a_library_that_repeats_itself_is_collapsed_by_what_it_wrote_and_not_the_facts() -> None:
    now = [0.0]
    repeats = Repeats(clock=lambda: now[0])

    def said(number: int) -> logging.LogRecord | None:
        record = logging.LogRecord("l", logging.WARNING, "f", 1, "retry %d", (number,), None)
        return record if repeats.filter(record) else None

    assert [said(number) is not None for number in range(SHOWN + 3)] == [True] * SHOWN + [False] * 3
    now[0] = WINDOW
    again = said(99)
    assert again is not None
    assert again.getMessage() == "retry 99 (repeated: 3)"


def test_sentences_without_end_take_no_memory_without_end(listened: Listened) -> None:
    for number in range(EVENTS_MAX * 3):
        listened.say(f"sentence {number}")
    assert len(listened.repeats._seen) <= EVENTS_MAX
