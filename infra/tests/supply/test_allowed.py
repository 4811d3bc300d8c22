"""What is allowed has a reason and an end."""

from datetime import date

import pytest

from infra.supply.allowed import Allowed, load

TODAY = date(2026, 11, 28)
HEAD = '[licences]\nshipped = ["MIT"]\ntools = ["GPL-3.0-only"]\n[licences.spelled]\n'


def advisory(*, reason: str = "not reachable here", until: str = "2027-01-31") -> str:
    return (
        f'[[advisory]]\nadvisory = "GHSA-1"\npackage = "left-pad"\nreason = "{reason}"\n'
        f"until = {until}\n"
    )


def test_the_file_of_the_repository_has_no_problem() -> None:
    assert list(load().problems(date.today())) == []  # noqa: DTZ011 - a day is enough


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (advisory(reason=" "), "for no reason"),
        (advisory(until="2026-11-27"), "look again"),
        (advisory(until="2028-01-01"), "longer than 180 d"),
        ('[[secret]]\npath = "a.py"\nreason = ""\n', "a.py may look secret for no reason"),
    ],
)
def test_each_mistake_is_one_line(text: str, expected: str) -> None:
    (line,) = Allowed.of(HEAD + text).problems(TODAY)
    assert expected in line


def test_an_exemption_holds_on_its_last_day() -> None:
    assert list(Allowed.of(HEAD + advisory(until="2026-11-28")).problems(TODAY)) == []
