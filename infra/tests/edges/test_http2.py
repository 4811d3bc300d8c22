"""HTTP/2 to the browser's side, with a certificate: a stream through each proxy by curl."""

import asyncio
import datetime as dt
import ipaddress
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from .probes import FEED
from .running import KINDS, hurried, proxy, started
from .services import FIRST, SECOND, services
from .wire import PATIENCE


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1, and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = tmp_path_factory.mktemp("tls") / "edge.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version", ["2", "1.1"])
async def test_a_stream_over_tls(tmp_path: Path, pem: Path, kind: str, version: str) -> None:
    async with services() as behind:
        address = behind.address
        edge = proxy(
            tmp_path / kind, kind, feed=address, chat=address, timeouts=hurried(idle=60), tls=pem
        )
        async with started(edge), asyncio.timeout(2 * PATIENCE):
            url = f"https://127.0.0.1:{edge.port}{FEED}?do=pair&name=x"
            curl = await asyncio.create_subprocess_exec(
                *(
                    "curl",
                    "-q",
                    "-sSNi",
                    "--noproxy",
                    "*",
                    f"--http{version}",
                    "--cacert",
                    pem,
                    url,
                ),
                stdout=asyncio.subprocess.PIPE,
            )
            assert curl.stdout is not None
            try:
                head = (await curl.stdout.readuntil(FIRST.encode())).decode()
                behind.confirm("x").set()
                await curl.stdout.readuntil(SECOND.encode())
            finally:
                curl.kill()
                await curl.wait()
            assert head.startswith(f"HTTP/{version} 200")
            assert "content-encoding" not in head.lower()
