from dataclasses import replace

from doctor.finding import Severity, worst
from doctor.judgement.verdict import judge_stream
from doctor.recording import Head

from .recordings import HEAD, observed, recording


def with_header(name: str, value: str) -> Head:
    kept = tuple(pair for pair in HEAD.headers if pair[0] != name)
    return replace(HEAD, headers=(*kept, (name, value)))


def test_a_gzip_within_a_gzip_is_found() -> None:
    squeezed = recording(0.1, head=with_header("content-encoding", "gzip"), body=b"\x1f\x8b\x08")
    found = {one.check: one for one in judge_stream(observed(squeezed=squeezed))}
    assert found["compression"].found == "compressed twice"


def test_compression_that_nobody_asked_for_is_found() -> None:
    opening = recording(0.1, head=with_header("content-encoding", "gzip"))
    found = {one.check: one for one in judge_stream(observed(opening=opening))}
    assert found["compression"].severity is Severity.PROBLEM


def test_a_certificate_that_ends_soon_is_a_warning() -> None:
    seen = observed()
    seen = replace(seen, line=replace(seen.line, certificate_days=3))
    assert worst(judge_stream(seen)) is Severity.WARNING


def test_http_1_over_tls_names_every_proxys_way_to_http_2() -> None:
    seen = observed()
    seen = replace(seen, line=replace(seen.line, alpn="http/1.1"))
    found = {one.check: one for one in judge_stream(seen)}["http-version"]
    assert found.severity is Severity.WARNING
    assert {"nginx: http2 on (in a server with listen … ssl)"} < set(found.knobs)


def test_a_stream_with_a_length_was_collected_first() -> None:
    opening = recording(0.1, head=with_header("content-length", "120"))
    found = {one.check: one for one in judge_stream(observed(opening=opening))}
    assert found["framing"].severity is Severity.PROBLEM
