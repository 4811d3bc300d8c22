"""TLS and HTTP/2 as nginx offers them, with a certificate that is good for a few days."""

import datetime as dt
import ipaddress
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from doctor.errors import TlsError
from doctor.examination import examine
from doctor.finding import Severity
from doctor.plan import Plan
from doctor.progress import Progress
from doctor.target import parse_target
from doctor.trust import Trust

from .stack import nginx, services


def certificate(folder: Path, *, days: int) -> Path:
    """A certificate of 127.0.0.1 by itself, and its key beside it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days, hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "certificate.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    path.with_name("key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return path


@pytest.mark.parametrize("http2", ["on", "off"])
async def test_tls_http_2_and_the_days_of_a_certificate_are_told(
    tmp_path: Path, dashboard: Path, http2: str
) -> None:
    pem = certificate(tmp_path, days=5)
    lines = f"ssl_certificate {pem}; ssl_certificate_key {pem.with_name('key.pem')}; http2 {http2};"
    patches = {"nginx.conf": {"backlog=4096;": f"backlog=4096 ssl; {lines}"}}
    async with services() as behind, nginx(tmp_path / "edge", dashboard, behind, patches) as edge:
        target = parse_target(f"https://127.0.0.1:{edge.port}/feed/readings")
        second = timedelta(seconds=1)
        plan = Plan(target=target, trust=Trust(ca=pem), idle=second)
        found = {one.check: one for one in await examine(plan, Progress(quiet=True))}
        with pytest.raises(TlsError, match="self-signed"):
            await examine(Plan(target=target, idle=second), Progress(quiet=True))
    assert found["tls"].severity is Severity.WARNING
    assert "good for 5 days" in found["tls"].found
    expected = Severity.OK if http2 == "on" else Severity.WARNING
    assert found["http-version"].severity is expected
    assert ("nginx: http2 on" in str(found["http-version"].knobs)) is (http2 == "off")
    assert found["status"].severity is Severity.OK
