"""``python -m infra.supply``: check what others wrote, list it, ask for its known holes."""

import argparse
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from infra.errors import InfraError
from infra.supply import advisories, allowed, locks, secret, third_party
from infra.supply.errors import SupplyError, UnansweredError

UNANSWERED = 3
"""The status when nothing bad was heard, because somebody could not be asked."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; 1 with one line for each problem."""
    commands: dict[str, Callable[[], None]] = {"check": _check, "licences": _list, "audit": _audit}
    parser = argparse.ArgumentParser(prog="python -m infra.supply", description=__doc__)
    parser.add_argument(
        "what",
        choices=commands,
        help="check: offline; licences: write THIRD-PARTY.md; audit: ask for advisories",
    )
    try:
        commands[parser.parse_args(arguments).what]()
    except InfraError as error:
        sys.stderr.writelines(f"{line}\n" for line in error.lines)
        return UNANSWERED if isinstance(error, UnansweredError) else 1
    return 0


def _check() -> None:
    found = allowed.load()
    today = datetime.now(UTC).date()
    wrong = [
        *found.problems(today),
        *locks.problems(),
        *third_party.problems(found),
        *secret.problems(found.secrets),
    ]
    if wrong:
        raise SupplyError(wrong)
    _say("supply: every package has its hash and an allowed licence, and nothing looks secret")


def _list() -> None:
    text = third_party.current(allowed.load())
    third_party.PATH.write_text(text, encoding="utf-8")
    _say(f"{third_party.PATH.name}: {len(third_party.rows(text))} packages")


def _audit() -> None:
    found, today = allowed.load(), datetime.now(UTC).date()
    wrong: list[str] = []
    unanswered: list[UnansweredError] = []
    for ask, tell in (
        (advisories.of_python, advisories.told_of_python),
        (advisories.of_browsers, advisories.told_of_browsers),
    ):
        try:
            report = ask()
        except UnansweredError as error:
            unanswered.append(error)
            continue
        wrong += advisories.problems(tell(report), found, today)
        _say(f"audit: {ask.__module__.rpartition('.')[2]} {ask.__name__} answered")
    if wrong:
        raise SupplyError([*wrong, *(line for error in unanswered for line in error.lines)])
    if unanswered:
        raise unanswered[0]
    _say("audit: no advisory concerns us but the exempt ones")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
