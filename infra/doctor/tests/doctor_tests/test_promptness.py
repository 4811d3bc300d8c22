from doctor.events import Event
from doctor.finding import Severity
from doctor.judgement.promptness import judge_promptness, longest_lump

from .recordings import observed, recording

NOW = 1_795_343_351.0


def beat(at: float, sent: float, name: str = "server_time") -> Event:
    return Event(at, "heartbeat", f'{{"{name}":{NOW + sent}}}', "")


def test_events_of_different_times_that_arrive_together_are_a_lump() -> None:
    together = (beat(10.0, 0.0), beat(10.01, 5.0), beat(10.02, 10.0))
    assert longest_lump(recording(events=together)) == 10
    assert longest_lump(recording(events=(beat(0, 0), beat(5, 5), beat(10, 10)))) == 0


def test_milliseconds_are_understood() -> None:
    stamps = [
        Event(9.0, "message", f'{{"timestamp":{(NOW + late) * 1000}}}', "") for late in (0, 4)
    ]
    assert longest_lump(recording(events=tuple(stamps))) == 4


def test_what_was_stored_before_is_no_lump_when_it_is_replayed() -> None:
    replayed = (beat(0.1, -60, "time"), beat(0.1, -30, "time"), beat(0.1, 0, "time"))
    assert longest_lump(recording(events=replayed)) == 0


def test_a_feed_that_does_not_say_hello_is_held_back() -> None:
    silent = recording(events=(), lasted=10)
    (finding, *_) = judge_promptness(observed(opening=silent, airwave=True))
    assert (finding.check, finding.severity) == ("buffering", Severity.PROBLEM)


def test_of_a_strangers_quiet_stream_nothing_can_be_told() -> None:
    silent = recording(events=(), lasted=10)
    (finding, *_) = judge_promptness(observed(opening=silent))
    assert finding.severity is Severity.UNKNOWN
    assert finding.knobs == ()


def test_an_endpoint_that_hangs_up_at_once_is_not_called_buffered() -> None:
    gone = recording(head=None, events=(), lasted=0.2)
    (finding, *_) = judge_promptness(observed(opening=gone))
    assert "no answer" in finding.found
    assert finding.knobs == ()
