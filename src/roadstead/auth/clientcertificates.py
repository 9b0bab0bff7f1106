"""Who a client certificate names, once the connection has proven that our CA signed it; no I/O."""

from __future__ import annotations

from datetime import datetime

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from roadstead.auth.users import ANONYMOUS_NAME, AUTHENTICATED, MAX_NAME, UNAUTHENTICATED, User

MAX_GROUPS = 256


def user_of(certificate: bytes, now: datetime) -> User | None:
    """The user of a DER certificate: its common name, in the groups of its organisations; None when it is no good.

    It must be made for clients and be in its time *now*: a connection may stay open longer than its certificate lasts.
    """
    try:
        read = x509.load_der_x509_certificate(certificate)
        usages = read.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        names = [_text(each) for each in read.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        groups = [_text(each) for each in read.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)]
    except (ValueError, x509.ExtensionNotFound, x509.DuplicateExtension):
        return None
    if ExtendedKeyUsageOID.CLIENT_AUTH not in usages or not read.not_valid_before_utc <= now < read.not_valid_after_utc:
        return None
    if len(names) != 1 or not 0 < len(names[0]) <= MAX_NAME or names[0] == ANONYMOUS_NAME or len(groups) > MAX_GROUPS:
        return None
    kept = [group for group in dict.fromkeys(groups) if group and group not in (AUTHENTICATED, UNAUTHENTICATED)]
    return User(names[0], groups=(*kept, AUTHENTICATED))


def _text(attribute: x509.NameAttribute[str | bytes]) -> str:
    value = attribute.value
    if not isinstance(value, str):
        raise ValueError("a name that is no text")
    return value
