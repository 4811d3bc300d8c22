"""The certificate is believed by who believes the authority, and the authority can't do more."""

import datetime as dt
import socket
import ssl
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from infra.certificates import AUTHORITY, BOTH, CHAIN, KEY, issue


@contextmanager
def serving(chain: Path, key: Path) -> Iterator[int]:
    """A server that shows this certificate to whoever connects; gives its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            try:
                while True:
                    connection, _ = listening.accept()
                    connection.settimeout(10)
                    try:
                        context.wrap_socket(connection, server_side=True).close()
                    except OSError:
                        connection.close()
            except OSError:
                return  # closed: the test is over

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def connect(port: int, authority: Path, name: str) -> str | None:
    """Shake hands as a client that believes ``authority``; the version spoken."""
    client = ssl.create_default_context(cafile=str(authority))
    with (
        socket.create_connection(("127.0.0.1", port), 10) as plain,
        client.wrap_socket(plain, server_hostname=name) as secure,
    ):
        return secure.version()


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1"])
def test_this_machine_is_believed_under_its_names(tmp_path: Path, name: str) -> None:
    folder = issue(tmp_path / "tls")
    with serving(folder / CHAIN, folder / KEY) as port:
        assert connect(port, folder / AUTHORITY, name) == "TLSv1.3"


def test_another_authority_and_another_name_are_not_believed(tmp_path: Path) -> None:
    ours, theirs = issue(tmp_path / "ours"), issue(tmp_path / "theirs")
    with serving(ours / CHAIN, ours / KEY) as port:
        with pytest.raises(ssl.SSLCertVerificationError, match="verify failed"):
            connect(port, theirs / AUTHORITY, "localhost")
        with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
            connect(port, ours / AUTHORITY, "example.com")


def test_the_authority_outlives_its_certificates(tmp_path: Path) -> None:
    folder = tmp_path / "tls"
    issue(folder)
    authority, first = (folder / AUTHORITY).read_bytes(), (folder / CHAIN).read_bytes()
    issue(folder)
    assert (folder / AUTHORITY).read_bytes() == authority
    assert (folder / CHAIN).read_bytes() != first


def test_keys_are_their_owners_alone(tmp_path: Path) -> None:
    folder = issue(tmp_path / "tls")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert {modes[name] for name in (KEY, BOTH, "ca.key")} == {0o600}


def test_a_stolen_authority_can_only_pretend_to_be_this_machine(tmp_path: Path) -> None:
    folder = issue(tmp_path / "tls")
    signer = serialization.load_pem_private_key((folder / "ca.key").read_bytes(), password=None)
    authority = x509.load_pem_x509_certificate((folder / AUTHORITY).read_bytes())
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    now = dt.datetime.now(dt.UTC)
    forged = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("bank.example")]), critical=True)
        .sign(signer, hashes.SHA256())
    )
    (folder / CHAIN).write_bytes(forged.public_bytes(serialization.Encoding.PEM))
    (folder / KEY).write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    with (
        serving(folder / CHAIN, folder / KEY) as port,
        pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"),
    ):
        connect(port, folder / AUTHORITY, "bank.example")
