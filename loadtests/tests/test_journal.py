import json

from crowd.journal import Journal


def _journal() -> Journal:
    journal = Journal()
    journal.took("SSE event delay", 0.004, at=100.2)
    journal.took("SSE event delay", 0.030, at=101.9)
    journal.counted("SSE open", 1, at=100)
    journal.failed("SSE connection", "refused", at=101)
    journal.users[100] = 3
    journal.moments.append((101.0, "storm"))
    return journal


def test_journals_of_two_processes_add_up() -> None:
    both = Journal()
    for _ in range(2):
        both.merge(json.loads(json.dumps(_journal().plain())))
    assert both.total("SSE event delay").count == 4
    assert both.counts["SSE open"][100] == 2
    assert both.failures_of("SSE connection") == 2
    assert both.failed_at["SSE connection"] == {101: 2}
    assert both.users == {100: 3}
    assert both.lines == ["SSE connection", "SSE event delay"]


def test_times_between_two_moments() -> None:
    journal = _journal()
    assert journal.between("SSE event delay", 100, 101).count == 1
    assert journal.span == (100, 102)


def test_a_new_run_begins_with_nothing() -> None:
    journal = _journal()
    journal.clear()
    assert journal.plain() == Journal().plain()
    assert journal.span == (0, 0)
