"""A licence is read from what a package says, and allowed or not."""

from email.message import Message
from typing import Any

import pytest

from infra.repository import ROOT
from infra.supply import allowed, licence, third_party

ALLOWED = frozenset({"MIT", "Apache-2.0", "PSF-2.0"})


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("MIT", True),
        ("GPL-3.0-only OR MIT", True),
        ("MIT AND PSF-2.0", True),
        ("MIT AND GPL-3.0-only", False),
        ("GPL-3.0-only", False),
        ("(MIT)", False),
        ("", False),
    ],
)
def test_an_expression_is_allowed_by_one_alternative(expression: str, *, expected: bool) -> None:
    assert licence.is_allowed(expression, ALLOWED) is expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"License-Expression": "MIT OR Apache-2.0"}, "MIT OR Apache-2.0"),
        ({"License": "MIT License"}, "MIT"),
        ({"License": "see file", "Classifier": "License :: OSI Approved :: MIT License"}, "MIT"),
        ({"License": "Own terms"}, ""),
        ({}, ""),
    ],
)
def test_what_a_package_says_is_understood_or_empty(headers: dict[str, str], expected: str) -> None:
    message: Any = Message()
    for name, value in headers.items():
        message[name] = value
    told = licence.told(message, {"MIT License": "MIT"})
    assert told == expected


def test_the_list_is_up_to_date_and_allowed() -> None:
    assert list(third_party.problems(allowed.load())) == []


def test_a_package_that_is_missing_or_forbidden_is_told() -> None:
    found = allowed.load()
    path = ROOT / "infra" / "supply" / "uv.txt"  # some other file
    assert any("stale" in line for line in third_party.problems(found, path))
    strict = allowed.Allowed(
        shipped=frozenset({"MIT"}),
        tools=found.tools,
        spelled=found.spelled,
        advisories=(),
        secrets={},
    )
    lines = list(third_party.problems(strict))
    assert any(
        line.startswith("uvicorn ") and line.endswith("is under BSD-3-Clause") for line in lines
    )
    assert not any(line.startswith("uplot ") for line in lines)
