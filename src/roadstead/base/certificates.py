"""Our own certificate authority and serving certificates, made at first start and renewed before they end."""

from __future__ import annotations

import fcntl
import ipaddress
import os
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_LIFE = timedelta(days=3650)
SERVING_LIFE = timedelta(days=397)
RENEW_BEFORE_END = timedelta(days=120)
CLOCK_SKEW = timedelta(minutes=5)


class Certificates:
    """The authority `ca.crt` and what it signed, in one folder; keys are readable by the owner alone."""

    def __init__(self, folder: Path, names: Iterable[str]) -> None:
        self._names = sorted(set(names))
        self.authority = folder / "ca.crt"
        self._private = folder / "tls"

    def ensure(self, now: datetime) -> bool:
        """Makes what is missing, renews what ends soon or names other hosts; says whether something is new."""
        self._private.mkdir(mode=0o700, parents=True, exist_ok=True)
        with alone(self._private / "lock"):
            made = self._ensure_authority(now)
            if made or self._serving_is_stale(now):
                self._issue_serving(now)
                return True
        return False

    def context(self, *, clients: bool = False) -> ssl.SSLContext:
        """A server's TLS context, TLS 1.2 or newer; with `clients`, it asks for certificates of our authority's."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if clients:
            context.verify_mode = ssl.CERT_OPTIONAL
            context.load_verify_locations(self.authority)
        self.reload(context)
        return context

    def reload(self, context: ssl.SSLContext) -> None:
        """Puts the present certificate into a context in use; connections made from now on see it."""
        context.load_cert_chain(self._private / "serving.crt", self._private / "serving.key")

    def client(self, stem: str, name: str, group: str, now: datetime) -> tuple[bytes, bytes]:
        """A certificate and key for a client (PEM), kept as `tls/STEM.crt` and `.key`, renewed when it ends soon."""
        files = self._private / f"{stem}.crt", self._private / f"{stem}.key"
        if self._client_is_stale(files[0], now) or not files[1].exists():
            subject = [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, group),
                x509.NameAttribute(NameOID.COMMON_NAME, name),
            ]
            key, signed = self._signed(x509.Name(subject), ExtendedKeyUsageOID.CLIENT_AUTH, [], now)
            write_private(files[1], _private_pem(key))
            write_private(files[0], signed)
        return files[0].read_bytes(), files[1].read_bytes()

    def _client_is_stale(self, file: Path, now: datetime) -> bool:
        try:
            present = x509.load_pem_x509_certificate(file.read_bytes())
            present.verify_directly_issued_by(x509.load_pem_x509_certificate(self.authority.read_bytes()))
        except (OSError, ValueError, TypeError, InvalidSignature):
            return True
        return present.not_valid_after_utc - now < RENEW_BEFORE_END

    def _ensure_authority(self, now: datetime) -> bool:
        key_file = self._private / "ca.key"
        if self.authority.exists() and key_file.exists():
            return False
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Roadstead CA {now:%Y-%m-%d}")])
        builder = _builder(name, name, key.public_key(), now, AUTHORITY_LIFE)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(_usage(signs=True), critical=True)
        write_private(key_file, _private_pem(key))
        write_private(self.authority, builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
        return True

    def _serving_is_stale(self, now: datetime) -> bool:
        try:
            present = x509.load_pem_x509_certificate((self._private / "serving.crt").read_bytes())
            names = present.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        except (OSError, ValueError, x509.ExtensionNotFound):
            return True
        return present.not_valid_after_utc - now < RENEW_BEFORE_END or set(names) != set(self._alternatives())

    def _issue_serving(self, now: datetime) -> None:
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "roadstead")])
        key, signed = self._signed(subject, ExtendedKeyUsageOID.SERVER_AUTH, self._alternatives(), now)
        write_private(self._private / "serving.key", _private_pem(key))
        write_private(self._private / "serving.crt", signed + self.authority.read_bytes())

    def _signed(
        self, subject: x509.Name, usage: x509.ObjectIdentifier, names: list[x509.GeneralName], now: datetime
    ) -> tuple[ec.EllipticCurvePrivateKey, bytes]:
        authority = x509.load_pem_x509_certificate(self.authority.read_bytes())
        signer = serialization.load_pem_private_key((self._private / "ca.key").read_bytes(), password=None)
        assert isinstance(signer, ec.EllipticCurvePrivateKey)
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(subject, authority.subject, key.public_key(), now, SERVING_LIFE)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(signs=False), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        return key, builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    def _alternatives(self) -> list[x509.GeneralName]:
        return [_general_name(name) for name in self._names]


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Whoever holds the lock file; servers that share a folder and start together take turns."""
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def write_private(file: Path, data: bytes) -> None:
    """Replaces a file in one step, durably; only the owner may read it."""
    aside = file.with_name(file.name + ".new")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    aside.replace(file)
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, life: timedelta
) -> x509.CertificateBuilder:
    now = now.astimezone(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _private_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
