from doctor.events import Event
from doctor.finding import Severity
from doctor.judgement.endings import judge_endings
from doctor.knobs import Proxy
from doctor.recording import End

from .recordings import observed, recording

HELLO = (Event(0.0, "hello", '{"heartbeat":15,"epoch":"abcd"}', "abcd-1"),)


def test_fifteen_seconds_in_all_resemble_envoy() -> None:
    lively = recording(*(second / 2 for second in range(30)), lasted=15.05, end=End.CUT)
    (finding,) = judge_endings(observed(lively=lively, proxies=(Proxy.ENVOY,)))
    assert finding.check == "age"
    assert "Envoy route timeout" in finding.means
    assert any("timeouts.request: 0s" in knob for knob in finding.knobs)


def test_fifty_seconds_of_silence_resemble_haproxy() -> None:
    lively = recording(0.0, 5.0, lasted=55, end=End.CUT)
    (finding,) = judge_endings(observed(lively=lively, proxies=(Proxy.HAPROXY,)))
    assert finding.severity is Severity.PROBLEM
    assert "HAProxy" in finding.means
    assert any("timeout server" in knob for knob in finding.knobs)


def test_a_quiet_stream_that_is_cut_well_after_the_heartbeat_is_kept_by_it() -> None:
    lively = recording(*(5.0 * beat for beat in range(15)), lasted=72)
    quiet = recording(0.0, lasted=60, end=End.CUT)
    opening = recording(0.0, events=HELLO)
    seen = observed(opening=opening, lively=lively, quiet=quiet, airwave=True)
    kept, limit = judge_endings(seen)
    assert kept.severity is Severity.OK
    assert limit.severity is Severity.INFO
    assert "nginx" in limit.found
    assert "every 15 s" in limit.means


def test_a_quiet_stream_that_is_cut_before_the_second_heartbeat_is_a_problem() -> None:
    lively = recording(*(5.0 * beat for beat in range(15)), lasted=72)
    quiet = recording(0.0, lasted=20, end=End.CUT)
    opening = recording(0.0, events=HELLO)
    _, limit = judge_endings(observed(opening=opening, lively=lively, quiet=quiet, airwave=True))
    assert limit.severity is Severity.PROBLEM


def test_silence_for_longer_than_proxies_allow_wants_heartbeats() -> None:
    (finding,) = judge_endings(observed(lively=recording(0.0, lasted=70)))
    assert (finding.check, finding.severity) == ("heartbeats", Severity.WARNING)
    (finding,) = judge_endings(observed(lively=recording(0.0, lasted=20)))
    assert finding.severity is Severity.UNKNOWN


def test_an_end_with_a_farewell_is_no_cut() -> None:
    events = (Event(30.0, "drain", '{"reconnect_in_ms":900}', ""),)
    lively = recording(0.0, 30.0, lasted=30.1, end=End.FINISHED, events=events)
    (finding,) = judge_endings(observed(lively=lively))
    assert finding.severity is Severity.INFO
    assert "farewell" in finding.found
