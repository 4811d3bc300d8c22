"""Event streams as the HTML standard reads them (9.2.5, 9.2.6), character by character."""

from typing import Final, NamedTuple

_BOM: Final = "\ufeff"


class Event(NamedTuple):
    """A dispatched event; ``id`` is the stream's last one."""

    name: str
    data: str
    id: str


def parse_stream(raw: bytes) -> list[Event]:
    """The events of a whole stream; one that its end cuts off is dropped."""
    events: list[Event] = []
    name, data, last_id = "", "", ""
    for line in lines_of(raw.decode("utf-8", "replace").removeprefix(_BOM)):
        if line == "":
            if data:
                events.append(Event(name or "message", data.removesuffix("\n"), last_id))
            name, data = "", ""
            continue
        field, colon, value = line.partition(":")
        if colon and value[:1] == " ":
            value = value[1:]
        if field == "event":
            name = value
        elif field == "data":
            data += value + "\n"
        elif field == "id" and "\0" not in value:
            last_id = value
    return events


def lines_of(text: str) -> list[str]:
    """The ended lines: by CR LF, LF or CR."""
    lines, line, at = [], "", 0
    while at < len(text):
        letter = text[at]
        at += 1
        if letter not in "\r\n":
            line += letter
            continue
        if letter == "\r" and text[at : at + 1] == "\n":
            at += 1
        lines.append(line)
        line = ""
    return lines
