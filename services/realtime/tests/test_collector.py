import sys

import pytest

import realtime
from realtime.collector import TracingMissingError, tracer_of
from realtime.serving import run


@pytest.fixture
def not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "realtime.spans", raising=False)
    # Where another test has it already, the package has it too.
    monkeypatch.delattr(realtime, "spans", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.resources", None)


def test_without_an_address_nothing_is_traced() -> None:
    with tracer_of("", service="feed", share=1.0) as tracer:
        assert tracer is None


@pytest.mark.usefixtures("not_installed")
def test_without_its_libraries_a_service_says_what_to_install(
    capfd: pytest.CaptureFixture[str],
) -> None:
    async def serve() -> None:
        with tracer_of("http://127.0.0.1:9", service="feed", share=1.0):
            pass

    with pytest.raises(TracingMissingError):
        with tracer_of("http://127.0.0.1:9", service="feed", share=1.0):
            pass
    assert run(serve()) == 1
    assert capfd.readouterr().err.splitlines()[-1] == (
        "FEED_TRACE_URL is set, and opentelemetry.sdk.resources is not installed: install"
        " feed[tracing]"
    )
