"""Where traces go, if anywhere: nothing of the library is imported where tracing is off."""

from collections.abc import Iterator
from contextlib import contextmanager

from realtime.errors import AirwaveError
from realtime.tracing import Tracer


class TracingMissingError(AirwaveError):
    """Tracing is asked for and its libraries are not there."""

    code = "bad_settings"

    def __init__(self, service: str, module: str) -> None:
        super().__init__(
            f"{service.upper()}_TRACE_URL is set, and {module} is not installed: install"
            f" {service}[tracing]"
        )


@contextmanager
def tracer_of(url: str, *, service: str, share: float) -> Iterator[Tracer | None]:
    """What spans of ``service`` go to while the context lasts; None without a ``url``.

    Raises:
        TracingMissingError: the libraries are not installed.
    """
    if not url:
        yield None
        return
    try:
        from realtime import spans  # noqa: PLC0415 - costs nothing where tracing is off
    except ModuleNotFoundError as error:
        raise TracingMissingError(service, str(error.name)) from error
    with spans.collected(url, service=service, share=share) as tracer:
        yield tracer
