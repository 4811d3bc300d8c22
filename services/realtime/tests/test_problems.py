import json

from realtime.problems import problem


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
