"""The authority and the serving certificate."""

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from roadstead.base.certificates import SERVING_LIFE, Certificates

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def serving(folder: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate((folder / "tls" / "serving.crt").read_bytes())


def test_the_first_start_makes_an_authority_and_a_certificate_for_every_name(tmp_path: Path) -> None:
    assert Certificates(tmp_path, ["localhost", "127.0.0.1"]).ensure(NOW)
    names = serving(tmp_path).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    authority = x509.load_pem_x509_certificate((tmp_path / "ca.crt").read_bytes())
    serving(tmp_path).verify_directly_issued_by(authority)


def test_only_the_owner_may_read_what_is_made(tmp_path: Path) -> None:
    Certificates(tmp_path, ["localhost"]).ensure(NOW)
    for file in [tmp_path / "ca.crt", *(tmp_path / "tls").iterdir()]:
        assert file.stat().st_mode & 0o077 == 0, file


def test_a_second_start_changes_nothing(tmp_path: Path) -> None:
    Certificates(tmp_path, ["localhost"]).ensure(NOW)
    before = (tmp_path / "tls" / "serving.crt").read_bytes()
    assert not Certificates(tmp_path, ["localhost"]).ensure(NOW + timedelta(days=1))
    assert (tmp_path / "tls" / "serving.crt").read_bytes() == before


def test_a_certificate_near_its_end_is_renewed_under_the_same_authority(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path, ["localhost"])
    certificates.ensure(NOW)
    authority, first = (tmp_path / "ca.crt").read_bytes(), serving(tmp_path)
    assert certificates.ensure(NOW + SERVING_LIFE - timedelta(days=30))
    assert (tmp_path / "ca.crt").read_bytes() == authority
    assert serving(tmp_path).not_valid_after_utc > first.not_valid_after_utc


def test_another_name_makes_another_certificate(tmp_path: Path) -> None:
    Certificates(tmp_path, ["localhost"]).ensure(NOW)
    assert Certificates(tmp_path, ["localhost", "registry.example"]).ensure(NOW)


def test_a_damaged_certificate_is_replaced(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path, ["localhost"])
    certificates.ensure(NOW)
    (tmp_path / "tls" / "serving.crt").write_text("not a certificate")
    assert certificates.ensure(NOW)


def test_the_context_speaks_nothing_older_than_tls_1_2(tmp_path: Path) -> None:
    certificates = Certificates(tmp_path, ["localhost"])
    certificates.ensure(NOW)
    assert certificates.context().minimum_version is ssl.TLSVersion.TLSv1_2
