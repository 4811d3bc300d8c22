import json

import pytest

from realtime.problems import prefers, problem


def test_a_problem_says_what_was_wrong_for_programs_and_people() -> None:
    response = problem(400, "bad_query", "too long", parameter="sensor", headers={"X-A": "1"})
    assert response.status_code == 400
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-a"] == "1"
    assert json.loads(bytes(response.body)) == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "code": "bad_query",
        "detail": "too long",
        "parameter": "sensor",
    }


@pytest.mark.parametrize(
    ("header", "what", "answer"),
    [
        ("", "status", False),
        ("status", "status", True),
        ("Status; wait=1", "status", True),
        ("elsewhere, ", "elsewhere", True),
        ("elsewhere, respond-async, status", "status", True),
        ("statuses", "status", False),
        ("nowhere", "elsewhere", False),
    ],
)
def test_a_preference_is_a_whole_word_of_the_header(
    header: str, what: str, *, answer: bool
) -> None:
    assert prefers(header, what) is answer
