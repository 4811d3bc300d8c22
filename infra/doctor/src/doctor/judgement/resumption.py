"""Whether a client that comes back goes on where it was."""

import json
from typing import Final

from doctor.events import Event
from doctor.finding import Finding, Severity
from doctor.observations import Resumption, StreamObserved
from doctor.recording import json_object

_CHECK: Final = "resume"
Unit = tuple[str, str]


def judge_resumption(seen: StreamObserved) -> list[Finding]:
    """Findings on gap and repetition, by comparing with a witness that stayed."""
    if not seen.opening.events:
        return []
    trial = seen.resumption
    if trial is None:
        means = "no position, so whoever comes back has lost what happened: give each event an id"
        return [Finding(_CHECK, Severity.WARNING, "events carry no id", means)]
    if trial.after.head is None or not trial.after.is_event_stream:
        status = trial.after.head.status if trial.after.head else "no answer"
        found = f"with Last-Event-ID it is answered {status}"
        return [Finding(_CHECK, Severity.PROBLEM, found, "whoever comes back is turned away")]
    return [_told(trial) if seen.airwave else _compared(trial)]


def _told(trial: Resumption) -> Finding:
    """Airwave says itself whether it resumed."""
    hello = next((one for one in trial.after.events if one.name == "hello"), None)
    if hello is None:
        return Finding(_CHECK, Severity.PROBLEM, "no hello after a return", "something ate it")
    if json_object(hello.data).get("resumed") is not True:
        reason = json_object(hello.data).get("reason", "no reason given")
        means = "the position did not reach the service, or it is another one: is Last-Event-ID"
        means += " passed on, and do all replicas follow the same stream?"
        return Finding(_CHECK, Severity.PROBLEM, f"not resumed: {reason}", means)
    if any(event.name == "gap" for event in trial.after.events):
        return Finding(_CHECK, Severity.WARNING, "resumed with a gap", "one second was too long")
    return _compared(trial)


def _compared(trial: Resumption) -> Finding:
    witness = _after(trial.witness.events, trial.left)
    resumed = [unit for event in trial.after.events for unit in _units(event)]
    before = {unit for event in trial.before.events for unit in _units(event)}
    twice = len(resumed) - len(set(resumed)) + len(before & set(resumed))
    shared = [index for index, unit in enumerate(witness) if unit in set(resumed)]
    due = witness[: shared[-1] + 1] if shared else witness
    missed = [unit for unit in due if unit not in set(resumed)]
    if twice:
        means = "Last-Event-ID is not honoured, or not exactly: events come again"
        return Finding(_CHECK, Severity.WARNING, f"{twice} events came twice", means)
    if missed and (shared or resumed):
        found = f"{len(missed)} of {len(due)} events were lost while away"
        means = "Last-Event-ID is not honoured, or did not reach the service"
        return Finding(_CHECK, Severity.PROBLEM, found, means)
    if not due:
        told = "resumed, and nothing happened meanwhile"
        severity = Severity.OK if _says_resumed(trial) else Severity.UNKNOWN
        return Finding(_CHECK, severity, told, "" if severity is Severity.OK else "no evidence")
    if missed:
        means = "the witness saw events that had not come again when we stopped waiting"
        return Finding(_CHECK, Severity.UNKNOWN, f"{len(missed)} events open", means)
    return Finding(_CHECK, Severity.OK, f"{len(due)} events since: none lost, none twice")


def _says_resumed(trial: Resumption) -> bool:
    return any(json_object(event.data).get("resumed") is True for event in trial.after.events)


def _after(events: tuple[Event, ...], left: str) -> list[Unit]:
    """What the witness saw after position ``left``; all of it, where it never met that one."""
    place = next((index for index, one in enumerate(events) if _reaches(one.id, left)), None)
    if place is None:
        return []
    return [unit for event in events[place + 1 :] for unit in _units(event)]


def _reaches(identity: str, left: str) -> bool:
    """Whether an event is at ``left``, or beyond it by the number at its end."""
    if identity == left:
        return True
    stem, _, number = left.rpartition("-")
    its_stem, _, its_number = identity.rpartition("-")
    if stem != its_stem or not (number.isdecimal() and its_number.isdecimal()):
        return False
    return int(its_number) >= int(number)


def _units(event: Event) -> list[Unit]:
    """What can be lost: each reading of a pack, else the event by its id."""
    if event.name in ("hello", "snapshot", "heartbeat", "status", "gap", "drain"):
        return []
    try:
        pack = json.loads(event.data)
    except ValueError:
        pack = None
    if event.name == "readings" and isinstance(pack, list):
        return [("reading", json.dumps(record, sort_keys=True)) for record in pack]
    return [(event.id, event.data)]
