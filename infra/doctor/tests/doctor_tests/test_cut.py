from doctor.judgement.cut import Cause, Cut, cut_of, settle
from doctor.recording import End

from .recordings import recording

BEATS = (0.0, 5.0, 10.0, 15.0)


def test_a_stream_that_we_closed_was_not_cut() -> None:
    assert cut_of(recording(*BEATS, lasted=20)) is None
    assert cut_of(recording(*BEATS, lasted=20, end=End.FINISHED)) is None


def test_a_silence_longer_than_all_survived_ones_is_an_idle_limit() -> None:
    assert cut_of(recording(*BEATS, lasted=75, end=End.CUT)) == Cut(Cause.SILENCE, 60)


def test_a_cut_in_the_midst_of_events_or_after_a_usual_silence_is_an_age() -> None:
    assert cut_of(recording(*BEATS, lasted=15.1, end=End.RESET)) == Cut(Cause.AGE, 15.1)
    assert cut_of(recording(*BEATS, lasted=19.9, end=End.CUT)) == Cut(Cause.AGE, 19.9)


def test_where_nothing_was_sent_it_may_be_either_until_another_stream_decides() -> None:
    cut = cut_of(recording(0.0, lasted=15, end=End.CUT))
    assert cut == Cut(Cause.EITHER, 15)
    assert settle(cut, None).cause is Cause.EITHER
    assert settle(cut, recording(*BEATS, lasted=60)).cause is Cause.SILENCE
    assert settle(cut, recording(*BEATS, lasted=15.1, end=End.CUT)).cause is Cause.AGE


def test_a_close_a_second_after_the_cut_is_still_an_age() -> None:
    traffic = recording(*(second / 4 for second in range(60)), lasted=15.75, end=End.CUT)
    assert cut_of(traffic) == Cut(Cause.AGE, 15.75)
