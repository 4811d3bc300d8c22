"""What the way to the endpoint says: DNS, TCP, TLS, HTTP version."""

from typing import Final

from doctor.duration import in_words
from doctor.finding import Finding, Severity
from doctor.knobs import Proxy, Topic, knobs
from doctor.line import Line

_SOON: Final = 14  # days
_OLD_TLS: Final = ("TLSv1", "TLSv1.1")


def judge_way(
    line: Line, *, tls: bool, local: bool, websocket: bool, proxies: tuple[Proxy, ...]
) -> list[Finding]:
    """Findings on the connection itself."""
    found = [_reached(line), _recognised(proxies)]
    found.append(_encrypted(line) if tls else _in_the_clear(local=local))
    if not websocket:
        found.append(_version(line, tls=tls, proxies=proxies))
    return found


def _reached(line: Line) -> Finding:
    where = ", ".join(line.addresses)
    took = f"name in {in_words(line.resolved_in)}, connected in {in_words(line.connected_in)}"
    return Finding("connection", Severity.OK, f"{where}: {took}")


def _recognised(proxies: tuple[Proxy, ...]) -> Finding:
    if not proxies:
        means = "knobs are named for every proxy that we know; --proxy says which one it is"
        return Finding("proxy", Severity.UNKNOWN, "no proxy gave itself away", means)
    return Finding("proxy", Severity.OK, f"{', '.join(proxies)} by its own words")


def _encrypted(line: Line) -> Finding:
    days = line.certificate_days
    found = f"{line.tls}, ALPN {line.alpn or 'none'}"
    if days is not None:
        found += f", certificate good for {days} days"
    if line.tls in _OLD_TLS:
        return Finding("tls", Severity.WARNING, found, "that version is broken: TLS 1.2 or newer")
    if days is not None and days < _SOON:
        return Finding("tls", Severity.WARNING, found, "renew it before every client is refused")
    return Finding("tls", Severity.OK, found)


def _in_the_clear(*, local: bool) -> Finding:
    if local:
        return Finding("tls", Severity.INFO, "no TLS, on this machine only")
    means = "anybody on the way reads and changes it, and proxies on the way may hold it back"
    return Finding("tls", Severity.WARNING, "no TLS", means)


def _version(line: Line, *, tls: bool, proxies: tuple[Proxy, ...]) -> Finding:
    means = (
        "a browser opens six connections to an origin over HTTP/1.1: the seventh tab with a"
        " stream hangs"
    )
    if line.alpn == "h2":
        means = "streams share one connection; what follows was examined over HTTP/1.1"
        return Finding("http-version", Severity.OK, "HTTP/2 is offered", means)
    severity = Severity.WARNING if tls else Severity.INFO
    turn = knobs(Topic.HTTP2, proxies) if tls else ()
    why = "" if tls else " (browsers speak HTTP/2 over TLS only)"
    return Finding("http-version", severity, f"HTTP/1.1 only{why}", means, turn)
