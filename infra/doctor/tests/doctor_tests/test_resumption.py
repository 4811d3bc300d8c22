from doctor.events import Event
from doctor.finding import Finding, Severity
from doctor.judgement.resumption import judge_resumption
from doctor.observations import Resumption
from doctor.recording import Recording

from .recordings import observed, recording


def stream(*ids: int) -> Recording:
    return recording(0.0, events=tuple(Event(0.0, "message", f"n{one}", str(one)) for one in ids))


def judged(witness: Recording, after: Recording) -> Finding:
    before = stream(1, 2, 3)
    (finding,) = judge_resumption(observed(resumption=Resumption(before, witness, after, "3")))
    return finding


def test_all_that_a_witness_saw_since_and_nothing_twice() -> None:
    assert judged(stream(2, 3, 4, 5, 6, 7), stream(4, 5, 6)).severity is Severity.OK


def test_what_only_the_witness_saw_is_lost() -> None:
    finding = judged(stream(2, 3, 4, 5, 6, 7), stream(6, 7))
    assert finding.severity is Severity.PROBLEM
    assert finding.found == "2 of 4 events were lost while away"


def test_what_came_before_leaving_comes_twice() -> None:
    assert judged(stream(3, 4), stream(3, 4)).severity is Severity.WARNING


def test_without_events_nothing_can_be_told() -> None:
    assert judged(stream(3), recording(0.0, events=())).severity is Severity.UNKNOWN


def test_readings_are_counted_one_by_one_however_they_are_grouped() -> None:
    def readings(position: str, *values: int) -> Event:
        pack = ",".join(f'{{"n":"a/b","v":{value}}}' for value in values)
        return Event(0.0, "readings", f"[{pack}]", position)

    hello = Event(0.0, "hello", '{"resumed":true}', "abcd-3")
    before = recording(0.0, events=(readings("abcd-3", 1, 2, 3),))
    witness = recording(
        0.0, events=(readings("abcd-2", 1, 2), readings("abcd-4", 3, 4), readings("abcd-6", 5, 6))
    )
    after = recording(0.0, events=(hello, readings("abcd-6", 4, 5, 6)))
    seen = observed(airwave=True, resumption=Resumption(before, witness, after, "abcd-3"))
    assert judge_resumption(seen)[0].severity is Severity.OK
