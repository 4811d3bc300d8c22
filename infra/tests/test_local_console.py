import io
import threading
from pathlib import Path

import pytest

from infra.local.console import Console
from infra.local.logbook import Logbook


class Terminal(io.StringIO):
    """A terminal that a person may hold."""

    def __init__(self) -> None:
        super().__init__()
        self.going = threading.Event()
        self.going.set()

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.going.wait()
        return super().write(text)


class Gone(io.StringIO):
    """A pipe whose reader has left."""

    def write(self, _: str) -> int:
        raise BrokenPipeError


def test_lines_carry_the_name_of_who_said_them() -> None:
    stream = io.StringIO()
    console = Console(stream, ["nats", "feed"])
    console.say("starting")
    console.line("nats", "Server is ready")
    console.text("as it\nstands")
    console.close()
    assert stream.getvalue() == "airwave | starting\nnats    | Server is ready\nas it\nstands\n"


def test_colour_is_for_terminals_that_want_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    for wanted in (True, False):
        terminal = Terminal()
        console = Console(terminal, ["nats"])
        console.line("nats", "x")
        console.close()
        assert ("\x1b[" in terminal.getvalue()) is wanted
        monkeypatch.setenv("NO_COLOR", "1")


def test_a_line_can_neither_move_the_cursor_nor_forge_another() -> None:
    stream = io.StringIO()
    console = Console(stream, ["feed"])
    console.line("feed", "a\x1b[2Jb\rnats    | forged\x9b\tc")
    console.close()
    assert stream.getvalue() == "feed    | a\\x1b[2Jb\\x0dnats    | forged\\x9b\tc\n"


def test_a_terminal_that_is_held_holds_nobody_and_is_told_what_it_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("infra.local.console._MOST_WAITING", 10)
    terminal = Terminal()
    console = Console(terminal, ["feed"])
    terminal.going.clear()
    for number in range(1000):
        console.line("feed", str(number))
    terminal.going.set()
    console.close()
    shown = terminal.getvalue()
    assert "lines not shown" in shown
    assert shown.count("feed") < 20


def test_when_nobody_reads_any_more_it_says_so_once() -> None:
    broken = threading.Event()
    console = Console(Gone(), ["feed"], on_broken=broken.set)
    console.say("x")
    assert broken.wait(10)
    console.say("y")
    console.close()


def test_a_logbook_keeps_the_end_at_hand_and_does_not_grow_for_ever(tmp_path: Path) -> None:
    book = Logbook(tmp_path / "logs" / "feed.log", most_bytes=1000)
    for number in range(500):
        book.write(f"line {number}")
    book.close()
    assert list(book.tail) == [f"line {number}" for number in range(480, 500)]
    assert book.path.stat().st_size <= 1010
    assert (tmp_path / "logs" / "feed.log.1").stat().st_size <= 1010
    assert len(list(book.path.parent.iterdir())) == 2


def test_a_logbook_begins_anew_with_each_run(tmp_path: Path) -> None:
    path = tmp_path / "feed.log"
    for text in ("one", "two"):
        book = Logbook(path)
        book.write(text)
        book.close()
    assert path.read_text() == "two\n"
