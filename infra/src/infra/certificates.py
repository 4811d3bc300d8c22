"""A certificate for this machine, and the authority that signs it and can sign nothing else."""

import datetime as dt
import ipaddress
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from infra.passwords import write_private

AUTHORITY: Final = "ca.crt"
"""What a browser, or ``SSL_CERT_FILE``, has to believe."""
CHAIN: Final = "tls.crt"
KEY: Final = "tls.key"
BOTH: Final = "tls.pem"
"""Certificate and key in one file, as nginx and HAProxy read them."""
_AUTHORITY_KEY: Final = "ca.key"

_DAY: Final = dt.timedelta(days=1)
# A person believes the authority by hand, once. Browsers take no certificate for longer than 398
# days; ours is made anew at every start.
_AUTHORITY_DAYS: Final = 3650
_DAYS: Final = 397
_NAMES: Final = (
    x509.DNSName("localhost"),
    x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    x509.IPAddress(ipaddress.ip_address("::1")),
)
# Whoever steals its key can pretend to be this machine, to this machine, and nobody else.
_ALLOWED: Final = (
    x509.DNSName("localhost"),
    x509.IPAddress(ipaddress.ip_network("127.0.0.0/8")),
    x509.IPAddress(ipaddress.ip_network("::1/128")),
)


def issue(folder: Path) -> Path:
    """Write a new certificate for localhost into ``folder``, which is given back.

    The authority stays what it is until it ends, so that it has to be believed once.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority, signer = _authority(folder)
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _begin(_name("localhost"), authority.subject, days=_DAYS)
        .public_key(key.public_key())
        .add_extension(x509.SubjectAlternativeName(_NAMES), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(_from(signer), critical=False)
        .sign(signer, hashes.SHA256())
    )
    chain = _pem(certificate)
    (folder / CHAIN).write_text(chain, encoding="ascii")
    write_private(folder / KEY, _private(key))
    write_private(folder / BOTH, chain + _private(key))
    return folder


def _authority(folder: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    certificate, key = folder / AUTHORITY, folder / _AUTHORITY_KEY
    if certificate.exists() and key.exists():
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
        signer = serialization.load_pem_private_key(key.read_bytes(), password=None)
        lasts = found.not_valid_after_utc > dt.datetime.now(dt.UTC) + _DAYS * _DAY
        if lasts and isinstance(signer, ec.EllipticCurvePrivateKey):
            return found, signer
    signer = ec.generate_private_key(ec.SECP256R1())
    made = _sign_itself(signer)
    certificate.write_text(_pem(made), encoding="ascii")
    write_private(key, _private(signer))
    return made, signer


def _sign_itself(signer: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    name = _name("Airwave on this machine")
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    subject = x509.SubjectKeyIdentifier.from_public_key(signer.public_key())
    return (
        _begin(name, name, days=_AUTHORITY_DAYS)
        .public_key(signer.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(subject, critical=False)
        .add_extension(x509.NameConstraints(_ALLOWED, None), critical=True)
        .sign(signer, hashes.SHA256())
    )


def _begin(subject: x509.Name, issuer: x509.Name, *, days: int) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _DAY)  # for clocks that are behind
        .not_valid_after(now + days * _DAY)
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _from(signer: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _private(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
