"""What can go wrong with a run, as types with facts."""

from collections.abc import Sequence


class BenchError(Exception):
    """The run can't go on; its text is for the person who started it."""


class NoCompilerError(BenchError):
    """There is no C compiler."""

    def __init__(self) -> None:
        super().__init__(
            "the benchmark's load generator is a C program and there is no `cc` here: "
            "install one (Debian, Ubuntu: apt-get install gcc libc6-dev)"
        )


class NotCompiledError(BenchError):
    """A source of ours did not compile."""

    def __init__(self, source: str, said: str) -> None:
        self.source = source
        super().__init__(f"{source} did not compile:\n{said.strip()}")


class NotLinuxError(BenchError):
    """The benchmark needs epoll, /proc and pinning to cores."""

    def __init__(self, system: str) -> None:
        super().__init__(f"the benchmark needs Linux (epoll, /proc, core pinning), not {system}")


class GeneratorDiedError(BenchError):
    """The load generator or the publisher ended before it was told to."""

    def __init__(self, what: str, said: str) -> None:
        super().__init__(f"the {what} ended: {said.strip() or 'without a word'}")


class NotConnectedError(BenchError):
    """Not every subscriber got its connection."""

    def __init__(self, wanted: int, live: int, failed: int) -> None:
        self.wanted, self.live, self.failed = wanted, live, failed
        super().__init__(f"of {wanted} subscribers {live} are connected, {failed} were refused")


class UnknownContenderError(BenchError):
    """No contender has that name."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"no contender is called {name!r}; there are {', '.join(known)}")


class SlotError(BenchError):
    """A template lacks a slot that it should have."""

    def __init__(self, slot: str) -> None:
        super().__init__(f"there is no {slot} in the template")
