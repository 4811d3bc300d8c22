import pytest

from bench import messages, wires
from bench.contenders.mercure import _form
from bench.slots import KEY, LAST_OFFSET, SEQUENCE, TIME_S, TIME_US, Slot, find_slots, stamped_text


def test_a_slot_is_as_wide_as_what_is_filled_in() -> None:
    assert len(TIME_US) == len("1795343351242000")
    assert len(TIME_S) == len("1795343351.242123")
    assert len(SEQUENCE) == 10
    assert len(KEY) == 3
    assert len(LAST_OFFSET) == 19


def test_every_occurrence_of_a_slot_is_found() -> None:
    assert find_slots(f"{KEY}-{KEY}".encode()) == (Slot("key", 0), Slot("key", 4))


def test_a_stamped_text_has_its_size_and_one_marker() -> None:
    text = stamped_text(141)
    assert len(text) == 141
    assert text.count("@") == 1


def test_a_text_without_room_for_the_stamp_is_refused() -> None:
    stamped_text(29)
    with pytest.raises(ValueError, match="28"):
        stamped_text(28)


@pytest.mark.parametrize(
    "message", [messages.pack(), messages.entry(), messages.message(), messages.event(), _form()]
)
def test_every_message_carries_its_stamp_once(message: str) -> None:
    kinds = [slot.kind for slot in find_slots(message.encode())]
    assert "us" in kinds
    assert "seq" in kinds
    assert message.count(TIME_US) == 1


def test_a_large_pack_is_counted_once_for_each_reading() -> None:
    assert messages.large_pack().count("@") == messages.PACKED


def test_a_frames_payload_can_be_read_as_it_stands() -> None:
    frame = wires.text_frame("x" * 125)
    assert frame == b"\x81\xfd\0\0\0\0" + b"x" * 125
    assert wires.text_frame("x" * 126)[:8] == b"\x81\xfe\0\x7e\0\0\0\0"


def test_a_posts_length_is_that_of_its_body() -> None:
    assert b"Content-Length: 3\r\n\r\n\xe2\x82\xac" in wires.post("/", "€")
