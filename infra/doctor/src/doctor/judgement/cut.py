"""Why a stream ended before we closed it: by silence, by age, or by its own will."""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from doctor.recording import End, Recording

_BROKEN: Final = (End.CUT, End.RESET, End.CLOSED)
_START: Final = 0.5  # of a second: what comes at once says nothing about limits
# Seconds. Nobody limits silence to so little; Envoy cuts a stream and closes 1 s later (its
# delayed_close_timeout), so a silence of this length at the end says nothing.
_SHORTEST: Final = 1.5
_SAME: Final = 0.4  # seconds between two ends that have one cause
_MORE: Final = 1.15  # times a silence that was survived, and
_SLACK: Final = 0.2  # seconds more: then the last one was the longest


class Cause(Enum):
    """What a limit counts."""

    SILENCE = auto()
    AGE = auto()
    EITHER = auto()


@dataclass(frozen=True, slots=True)
class Cut:
    """``after`` is in seconds, of what ``cause`` counts."""

    cause: Cause
    after: float


def cut_of(recording: Recording) -> Cut | None:
    """The cut that a recording shows, None where it was not cut."""
    if recording.end not in _BROKEN or recording.head is None:
        return None
    if recording.silence < _SHORTEST:
        return Cut(Cause.AGE, recording.lasted)
    if (
        recording.last_at - (recording.head_at or 0) < _START
        and recording.last_at < recording.silence
    ):
        return Cut(Cause.EITHER, recording.silence)
    if recording.silence > recording.longest_survived * _MORE + _SLACK:
        return Cut(Cause.SILENCE, recording.silence)
    return Cut(Cause.AGE, recording.lasted)


def settle(cut: Cut, other: Recording | None) -> Cut:
    """Decide a cut that may be either, by another stream that was opened at the same time."""
    if cut.cause is not Cause.EITHER or other is None:
        return cut
    seen = cut_of(other)
    # Two streams that fell silent at different times and end together: that is their age.
    if seen is not None and abs(other.lasted - cut.after) < _SAME and other.last_at > _SHORTEST / 2:
        return Cut(Cause.AGE, cut.after)
    if seen is not None and seen.cause is not Cause.EITHER:
        return Cut(seen.cause, cut.after)
    if seen is None and other.lasted > cut.after + _SLACK:
        return Cut(Cause.SILENCE, cut.after)
    return cut
