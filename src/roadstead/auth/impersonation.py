"""Acting as somebody else: what the Impersonate headers ask for, and the rights each part needs; no I/O."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from roadstead.auth.users import (
    ANONYMOUS_NAME,
    AUTHENTICATED,
    MAX_NAME,
    SERVICE_ACCOUNTS,
    UNAUTHENTICATED,
    Attributes,
    User,
    service_account_of,
)
from roadstead.base.errors import Invalid
from roadstead.base.web import Headers

VERB = "impersonate"
AUTHENTICATION_GROUP = "authentication.k8s.io"
EXTRA_PREFIX = "impersonate-extra-"
MAX_VALUES = 256


@dataclass(frozen=True, slots=True)
class Disguise:
    """Whom a caller wants to act as, and every right it takes; all of them must be held."""

    user: User
    rights: tuple[Attributes, ...]


def disguise(caller: User, headers: Headers) -> Disguise | None:
    """What the headers ask for; None when they ask for nothing. Raises Invalid when they make no sense."""
    name = _one(headers, "Impersonate-User")
    uid = _one(headers, "Impersonate-Uid")
    groups = tuple(headers.getall("Impersonate-Group", []))
    extra = _extra(headers)
    count = len(groups) + sum(map(len, extra.values()))
    if count > MAX_VALUES or any(len(value) > MAX_NAME for value in (name, uid, *groups)):
        raise Invalid("the Impersonate headers have too many values, or a value that is too long")
    if not name:
        if uid or groups or extra:
            raise Invalid("Impersonate-Group, -Uid and -Extra need Impersonate-User")
        return None
    if "" in groups:
        raise Invalid("Impersonate-Group must not be empty")
    user = User(name, uid, _groups(name, groups), extra)
    return Disguise(user, tuple(_rights(caller, user, groups)))


def _one(headers: Headers, name: str) -> str:
    values = headers.getall(name, [])
    if len(values) > 1:
        raise Invalid(f"{name} may be sent once only")
    return values[0] if values else ""


def _extra(headers: Headers) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for header, value in headers.items():
        if header.lower().startswith(EXTRA_PREFIX):
            key = unquote(header[len(EXTRA_PREFIX) :].lower())
            found[key] = (*found.get(key, ()), value)
    return found


def _groups(name: str, asked: tuple[str, ...]) -> tuple[str, ...]:
    """The groups asked for, or those a service account is in anyway, and the one for having logged in or not."""
    account = service_account_of(name)
    if not asked and account:
        asked = (SERVICE_ACCOUNTS, f"{SERVICE_ACCOUNTS}:{account[0]}")
    if AUTHENTICATED in asked or UNAUTHENTICATED in asked:
        return asked
    return (*asked, UNAUTHENTICATED if name == ANONYMOUS_NAME else AUTHENTICATED)


def _rights(caller: User, wanted: User, groups: tuple[str, ...]) -> Iterator[Attributes]:
    account = service_account_of(wanted.name)
    if account:
        yield Attributes(caller, VERB, resource="serviceaccounts", namespace=account[0], name=account[1])
    else:
        yield Attributes(caller, VERB, resource="users", name=wanted.name)
    for group in groups:
        yield Attributes(caller, VERB, resource="groups", name=group)
    if wanted.uid:
        yield Attributes(caller, VERB, AUTHENTICATION_GROUP, "uids", name=wanted.uid)
    for key, values in wanted.extra.items():
        for value in values:
            yield Attributes(caller, VERB, AUTHENTICATION_GROUP, "userextras", key, name=value)
