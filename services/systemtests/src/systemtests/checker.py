"""What was sent against what each client saw. Pure."""

import itertools
from collections.abc import Iterable, Sequence

from realtime.position import Position
from systemtests.verdict import Fact, Key, Saw, Sent, Stood, Told, Verdict


def judge_client(
    sent: Sent, facts: Iterable[Fact], *, contiguous: bool = True, until: float | None = None
) -> Verdict:
    """What one client saw, in its order, against what was sent.

    The first event that has a position is where the client began. ``contiguous``: it saw the whole
    log, so that positions can be counted. ``until``: when the watching ended, so that a silence
    which lasted until then is seen.
    """
    reading = _Reading(sent, contiguous=contiguous)
    for fact in facts:
        match fact:
            case Saw():
                reading.see(fact)
            case Told():
                reading.hear_of_loss(fact)
            case Stood():
                reading.stand(fact)
    return reading.end(until)


class _Reading:
    """Walks along one client's ledger."""

    def __init__(self, sent: Sent, *, contiguous: bool) -> None:
        self._sent = sent
        self._contiguous = contiguous
        self._verdict = Verdict()
        self._begin: Position | None = None
        self._held: Position | None = None
        self._told_since_held = False
        self._logs = 0
        """How many losses were told: what comes again after one may be of another log."""
        self._seen: dict[Key, int] = {}
        self._newest: dict[str, int] = {}
        self._excused: set[str] = set()
        self._live_since: float | None = None

    def see(self, saw: Saw) -> None:
        self._hear(saw.at)
        self._move(saw)
        for key in saw.keys:
            self._see_one(key, saw.at)

    def hear_of_loss(self, told: Told) -> None:
        self._hear(told.at)
        self._verdict.told += 1
        self._told_since_held = True
        self._logs += 1
        self._excused = set(self._sent.tried)

    def stand(self, stood: Stood) -> None:
        self._hear(stood.at)
        self._live_since = stood.at if stood.live else None

    def end(self, until: float | None) -> Verdict:
        """What never came at all."""
        if until is not None:
            self._hear(until)
        for key in sorted(self._sent.acknowledged):
            if key.number > self._newest.get(key.source, 0):
                self._miss(key)
        return self._verdict

    def _hear(self, at: float) -> None:
        if self._live_since is not None:
            silent = at - self._live_since
            self._verdict.silent_seconds = max(self._verdict.silent_seconds, silent)
            self._live_since = at

    def _move(self, saw: Saw) -> None:
        position, held = saw.position, self._held
        if position is None:
            return
        if held is None:
            self._begin = position
        elif not self._told_since_held:
            self._compare(held, position, len(saw.keys))
        self._held, self._told_since_held = position, False

    def _compare(self, held: Position, position: Position, count: int) -> None:
        if position.epoch != held.epoch:
            self._verdict.undetected_gap.append((str(held), str(position)))
            return
        if position.offset < held.offset:
            self._verdict.reordered.append((str(held), str(position)))
            return
        if not self._contiguous:
            return
        between = range(held.offset + 1, position.offset + 1)
        invisible = sum(offset in between for offset in self._sent.others)
        if len(between) - invisible > count:
            self._verdict.undetected_gap.append((str(held), str(position)))

    def _see_one(self, key: Key, at: float) -> None:
        if not 1 <= key.number <= self._sent.tried.get(key.source, 0):
            self._verdict.phantom.append(key)
            return
        if key in self._seen:
            # The same reading may stand in the log that came after the one that was lost.
            if self._seen[key] == self._logs:
                self._verdict.duplicate.append(key)
            self._seen[key] = self._logs
            return
        self._seen[key] = self._logs
        newest = self._newest.get(key.source, 0)
        if key.number < newest:
            self._verdict.reordered.append(key)
            if key in self._verdict.lost:
                self._verdict.lost.remove(key)
            return
        for number in range(newest + 1, key.number):
            self._miss(Key(key.source, number))
        self._newest[key.source] = key.number
        self._excused.discard(key.source)
        stored = self._sent.acknowledged.get(key)
        if stored is not None:
            self._verdict.stale_seconds = max(self._verdict.stale_seconds, at - stored.at)

    def _miss(self, key: Key) -> None:
        stored = self._sent.acknowledged.get(key)
        if stored is None or key.source in self._excused:
            return
        begin = self._begin
        older = begin is not None and stored.offset <= begin.offset
        if not (older and key.source not in self._newest):
            self._verdict.lost.append(key)


def judge_order(clients: Iterable[Sequence[Fact]]) -> list[object]:
    """Keys that two clients saw at different positions of one log: they had different orders.

    For ledgers whose events bring one thing each, as a room's messages do.
    """
    where: dict[tuple[Key, str], Position] = {}
    differ: list[object] = []
    for facts in clients:
        for fact in facts:
            if not isinstance(fact, Saw) or fact.position is None or len(fact.keys) != 1:
                continue
            at = where.setdefault((fact.keys[0], fact.position.epoch), fact.position)
            if at != fact.position:
                differ.append((fact.keys[0], str(at), str(fact.position)))
    return differ


def judge_history(sent: Sent, kept: Sequence[tuple[Key, Position]]) -> Verdict:
    """A room's whole history, oldest first, against what was acknowledged."""
    verdict = Verdict()
    keys = [key for key, _ in kept]
    verdict.lost += sorted(set(sent.acknowledged) - set(keys))
    verdict.phantom += [k for k in keys if not 1 <= k.number <= sent.tried.get(k.source, 0)]
    seen: set[Key] = set()
    for key in keys:
        if key in seen:
            verdict.duplicate.append(key)
        seen.add(key)
    for (_, before), (key, after) in itertools.pairwise(kept):
        if after.epoch == before.epoch and after.offset <= before.offset:
            verdict.reordered.append(key)
    return verdict
