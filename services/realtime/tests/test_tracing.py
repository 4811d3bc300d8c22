import pytest

from realtime.tracing import AT_ONCE, Facts, TracedFlush, traced


class KeptSpan:
    def __init__(self) -> None:
        self.trace = "a" * 32
        self.headers = {"traceparent": f"00-{self.trace}-{'b' * 16}-01"}
        self.ended: list[str | None] = []

    def end(self, *, failed: str | None = None) -> None:
        self.ended.append(failed)


class KeepingTracer:
    """Keeps what it is told; traces all or nothing."""

    def __init__(self, *, everything: bool = True) -> None:
        self.everything = everything
        self.begun: list[KeptSpan] = []
        self.recorded: list[str] = []

    def begin(self, name: str, facts: Facts) -> KeptSpan | None:
        assert (name, facts) == ("work", {"a": 1})
        if not self.everything:
            return None
        self.begun.append(KeptSpan())
        return self.begun[-1]

    def record(self, name: str, *, parent: str, began: float, facts: Facts) -> str | None:
        assert name == "flush"
        assert began > 0
        assert facts
        self.recorded.append(parent)
        return None if parent == "none" else parent


def test_a_span_ends_with_its_block() -> None:
    tracer = KeepingTracer()
    with traced(tracer, "work", {"a": 1}) as span:
        assert span is tracer.begun[0]
        assert tracer.begun[0].ended == []
    assert tracer.begun[0].ended == [None]


def test_an_error_ends_it_and_goes_on() -> None:
    tracer = KeepingTracer()
    with pytest.raises(KeyError), traced(tracer, "work", {"a": 1}):
        raise KeyError
    assert tracer.begun[0].ended == ["KeyError"]


@pytest.mark.parametrize("tracer", [None, KeepingTracer(everything=False)])
def test_what_is_not_traced_is_no_span(tracer: KeepingTracer | None) -> None:
    with traced(tracer, "work", {"a": 1}) as span:
        assert span is None


def test_a_flush_records_each_entry_and_gives_one_trace() -> None:
    tracer = KeepingTracer()
    flush = TracedFlush(tracer, "flush")
    for parent in ("one", "two", "none"):
        flush.took(parent, {"a": 1})
    assert flush.written() == "two"
    assert tracer.recorded == ["one", "two", "none"]
    assert flush.written() is None


def test_no_more_than_so_many_of_a_flush_are_recorded() -> None:
    tracer = KeepingTracer()
    flush = TracedFlush(tracer, "flush")
    for number in range(AT_ONCE * 3):
        flush.took(str(number), {"a": 1})
    flush.written()
    assert len(tracer.recorded) == AT_ONCE
