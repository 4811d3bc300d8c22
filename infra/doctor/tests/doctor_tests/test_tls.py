"""TLS and HTTP/2 as nginx offers them, with a certificate that is good for a few days."""

import asyncio
import datetime as dt
import ipaddress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from doctor.errors import TlsError
from doctor.examination import examine
from doctor.finding import Finding, Severity
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


async def test_tls_http_2_and_the_days_of_a_certificate_are_told(
    tmp_path: Path, dashboard: Path
) -> None:
    pem = certificate(tmp_path, days=5)

    async def seen(http2: str) -> dict[str, Finding]:
        key = pem.with_name("key.pem")
        lines = f"ssl_certificate {pem}; ssl_certificate_key {key}; http2 {http2};"
        patches = {"nginx.conf": {"backlog=4096;": f"backlog=4096 ssl; {lines}"}}
        async with nginx(tmp_path / http2, dashboard, behind, patches) as edge:
            target = parse_target(f"https://127.0.0.1:{edge.port}/feed/readings")
            plan = Plan(target=target, trust=Trust(ca=pem), idle=timedelta(seconds=1))
            with pytest.raises(TlsError, match="self-signed"):
                await examine(replace(plan, trust=Trust()), Progress(quiet=True))
            return {one.check: one for one in await examine(plan, Progress(quiet=True))}

    async with services() as behind:
        two, one = await asyncio.gather(seen("on"), seen("off"))
    for found in (one, two):
        assert found["tls"].severity is Severity.WARNING
        assert "good for 5 days" in found["tls"].found
        assert found["status"].severity is Severity.OK
    assert two["http-version"].severity is Severity.OK
    assert one["http-version"].severity is Severity.WARNING
    assert "nginx: http2 on" in str(one["http-version"].knobs)
