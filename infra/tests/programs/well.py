"""Stands in for a server: NAME FOLDER [stubborn]. Notes its start and its orderly end."""

import pathlib
import signal
import sys
import time

name, folder, *stubborn = sys.argv[1:]
journal = pathlib.Path(folder, "journal")


def note(what: str) -> None:
    with journal.open("a") as lines:
        lines.write(f"{name} {what}\n")


def end(*_: object) -> None:
    note("ends")
    sys.exit(0)


signal.signal(signal.SIGTERM, signal.SIG_IGN if stubborn else end)
note("starts")
print("hello from", name, flush=True)  # noqa: T201 - a log
pathlib.Path(folder, name).write_text("ready")
while True:
    time.sleep(60)
