"""Whom a client certificate names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given
from hypothesis import strategies as st

from roadstead.auth.clientcertificates import user_of
from roadstead.auth.users import User
from roadstead.base.certificates import Certificates

NOW = datetime(2030, 1, 1, tzinfo=UTC)
KEY = ec.generate_private_key(ec.SECP256R1())


def made(
    *names: str, groups: tuple[str, ...] = (), usage: x509.ObjectIdentifier | None = ExtendedKeyUsageOID.CLIENT_AUTH
) -> bytes:
    """A certificate that names these, from today for a day."""
    subject = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    subject += [x509.NameAttribute(NameOID.COMMON_NAME, name) for name in names]
    builder = x509.CertificateBuilder().subject_name(x509.Name(subject)).issuer_name(x509.Name([]))
    builder = builder.public_key(KEY.public_key()).serial_number(1)
    builder = builder.not_valid_before(NOW).not_valid_after(NOW + timedelta(days=1))
    if usage is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    return builder.sign(KEY, hashes.SHA256()).public_bytes(Encoding.DER)


def test_the_common_name_is_the_user_and_the_organisations_are_their_groups() -> None:
    certificate = made("alice", groups=("devs", "ops", "devs"))
    assert user_of(certificate, NOW) == User("alice", groups=("devs", "ops", "system:authenticated"))


@pytest.mark.parametrize(
    "certificate",
    [
        made("alice", usage=ExtendedKeyUsageOID.SERVER_AUTH),
        made("alice", usage=None),
        made(groups=("devs",)),
        made("alice", "bob"),
        made("system:anonymous"),
        b"",
        b"no certificate",
    ],
)
def test_a_certificate_made_for_something_else_names_nobody(certificate: bytes) -> None:
    assert user_of(certificate, NOW) is None


@pytest.mark.parametrize("when", [NOW - timedelta(seconds=1), NOW + timedelta(days=1), NOW + timedelta(days=9)])
def test_a_certificate_counts_in_its_time_alone(when: datetime) -> None:
    assert user_of(made("alice"), when) is None


def test_nobody_is_unauthenticated_by_certificate() -> None:
    user = user_of(made("alice", groups=("system:unauthenticated", "system:authenticated")), NOW)
    assert user is not None
    assert user.groups == ("system:authenticated",)


@given(st.binary(max_size=200))
def test_no_bytes_raise(certificate: bytes) -> None:
    assert user_of(certificate, NOW) is None


def test_the_administrators_certificate_is_kept_until_it_ends_soon(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path, ["localhost"])
    certificates.ensure(NOW)
    first = certificates.client("admin", "system:admin", "system:masters", NOW)
    assert certificates.client("admin", "system:admin", "system:masters", NOW) == first
    later = NOW + timedelta(days=300)
    second = certificates.client("admin", "system:admin", "system:masters", later)
    assert second != first
    read = x509.load_pem_x509_certificate(second[0]).public_bytes(Encoding.DER)
    assert user_of(read, later) == User("system:admin", groups=("system:masters", "system:authenticated"))
    assert (tmp_path / "tls" / "admin.key").stat().st_mode & 0o777 == 0o600
