from crowd.sse import Event, SseParser


def _events(parser: SseParser, text: str) -> list[Event]:
    lines = text.encode().splitlines(keepends=True)
    return [event for line in lines if (event := parser.take(line)) is not None]


def test_a_block_becomes_an_event_with_its_id() -> None:
    text = 'id: e3f9-7\nevent: readings\ndata: [{"v":1}]\n\n'
    assert _events(SseParser(), text) == [Event("readings", '[{"v":1}]', "e3f9-7")]


def test_an_event_is_complete_with_the_empty_line_and_not_before() -> None:
    parser = SseParser()
    assert _events(parser, "data: a\n") == []
    assert parser.take(b"\n") == Event("message", "a", "")


def test_several_data_lines_are_joined_and_one_leading_space_is_dropped() -> None:
    assert _events(SseParser(), "data: a\ndata:b\ndata:  c\ndata\n\n") == [
        Event("message", "a\nb\n c\n", "")
    ]


def test_a_block_without_data_is_no_event_and_still_gives_its_id() -> None:
    parser = SseParser()
    assert _events(parser, "id: e3f9-8\nevent: lost\n\ndata: x\n\n") == [
        Event("message", "x", "e3f9-8")
    ]


def test_the_id_stays_until_another_one_comes() -> None:
    events = _events(SseParser("e3f9-1"), "data: a\n\nid: e3f9-2\ndata: b\n\nid\ndata: c\n\n")
    assert [event.id for event in events] == ["e3f9-1", "e3f9-2", ""]


def test_an_id_with_a_null_is_ignored() -> None:
    assert _events(SseParser("e3f9-1"), "id: e3\0f9\ndata: a\n\n")[0].id == "e3f9-1"


def test_retry_is_taken_when_it_is_a_number() -> None:
    parser = SseParser()
    _events(parser, "retry: 2417\nretry: 1e3\nretry: -1\nretry: \u0661\n\n")
    assert parser.retry_ms == 2417


def test_comments_and_unknown_fields_say_nothing() -> None:
    assert _events(SseParser(), ": ping\nnonsense: 1\n\ndata: a\n\n") == [Event("message", "a", "")]


def test_carriage_returns_and_a_byte_order_mark_are_no_content() -> None:
    assert _events(SseParser(), "\ufeffdata: a\r\n\r\n") == [Event("message", "a", "")]


def test_bytes_that_are_not_utf_8_are_replaced() -> None:
    parser = SseParser()
    parser.take(b"data: \xff\n")
    assert parser.take(b"\n") == Event("message", "\ufffd", "")
