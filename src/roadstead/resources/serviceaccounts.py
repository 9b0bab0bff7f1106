"""Service accounts, and the tokens people and programs ask for in their name (authentication.k8s.io TokenRequest)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection, NamespaceCheck
from roadstead.apimachinery.served import Outcome, Patch
from roadstead.auth.account_tokens import BOUND, MAX_AUDIENCES, Account, AccountTokens, Bound
from roadstead.auth.policy import part, text
from roadstead.auth.users import MAX_NAME, User
from roadstead.base.values import Json
from roadstead.kube import status
from roadstead.kube.status import FieldError, GroupResource
from roadstead.objects.store import Store
from roadstead.resources.namedrules import NamedRules
from roadstead.resources.plain import SERVICE_ACCOUNTS

AUTHENTICATION = "authentication.k8s.io"
KIND = "TokenRequest"
KEPT_BYTES = 1024 * 1024
DEFAULT_SECONDS = 3600
MIN_SECONDS = 600
LARGEST = 1 << 32
"""Seconds no request may exceed; what the setting allows is less, and cuts the lifetime without a word."""


@dataclass(frozen=True, slots=True)
class TokenDesk:
    """Who signs the tokens of accounts, the longest lifetime in seconds, and who reads tokens of any kind."""

    tokens: AccountTokens
    max_seconds: int
    user_of_token: Callable[[str], Awaitable[User | None]]


class ServiceAccounts(Collection):
    """The accounts, with `token`."""

    def __init__(
        self, store: Store, desk: TokenDesk, kinds: Mapping[GroupResource, Collection], check: NamespaceCheck
    ) -> None:
        """`kinds` holds what a token can be bound to."""
        rules = NamedRules(SERVICE_ACCOUNTS)
        super().__init__(SERVICE_ACCOUNTS, store, rules, namespace_check=check, kept_bytes=KEPT_BYTES)
        self._desk, self._kinds = desk, kinds

    async def subresource(
        self, verb: str, namespace: str, name: str, sub: str, body: Json | Patch | None, ask: Ask
    ) -> Outcome:
        """A token for the account; raises StatusError (400, 404, 409, 422)."""
        if sub != "token" or not isinstance(body, dict):
            return await super().subresource(verb, namespace, name, sub, body, ask)
        stored = self.stored(self.entry(namespace, name, ask))
        account = Account(namespace, name, stored["metadata"]["uid"])
        spec = part(body, "spec")
        audiences = _audiences(spec) or (self._desk.tokens.issuer,)
        seconds = min(_seconds(spec.get("expirationSeconds")), self._desk.max_seconds)
        bound = self._bound(account, spec.get("boundObjectRef"))
        found: Json = {"token": "", "expirationTimestamp": _text_of(ask.now + timedelta(seconds=seconds))}
        if not ask.dry_run:
            found["token"] = self._desk.tokens.issue(account, ask.now, seconds, audiences, bound).token
        meta = {"name": name, "namespace": namespace, "creationTimestamp": _text_of(ask.now)}
        said = {
            "audiences": list(audiences),
            "expirationSeconds": seconds,
            "boundObjectRef": _reference(bound),
        }
        head = {"kind": KIND, "apiVersion": f"{AUTHENTICATION}/v1"}
        return Outcome({**head, "metadata": meta, "spec": said, "status": found}, created=True)

    def _bound(self, account: Account, wanted: Any) -> Bound | None:
        """The object the token shall end with, which must be there, and be the one that was meant."""
        if not wanted:
            return None
        if not isinstance(wanted, dict):
            raise status.bad_request("spec.boundObjectRef must be an object")
        kind, name, uid = text(wanted, "kind"), text(wanted, "name"), text(wanted, "uid")
        if kind not in BOUND or text(wanted, "apiVersion") not in ("", "v1"):
            what = f"{text(wanted, 'apiVersion') or 'v1'}, Kind={kind}"
            raise status.bad_request(f"cannot bind token for serviceaccount {account.name!r} to object of type {what}")
        resource = GroupResource("", BOUND[kind])
        kept = self._kinds.get(resource)
        found = kept.peek(account.namespace, name) if kept is not None else None
        if found is None:
            raise status.not_found(resource, name)
        actual = found["metadata"]["uid"]
        if uid and uid != actual:
            why = f"the UID in the bound object reference ({uid}) does not match the UID in record ({actual})"
            raise status.conflict(resource, name, f"{why}. The object might have been deleted and then recreated")
        runs_as = part(found, "spec").get("serviceAccountName") if kind == "Pod" else account.name
        if runs_as != account.name:
            why = "to pod running with different serviceaccount name"
            raise status.bad_request(f"cannot bind token for serviceaccount {account.name!r} {why}")
        return Bound(kind, name, actual)


def _audiences(spec: Json) -> tuple[str, ...]:
    given = spec.get("audiences") or []
    if not isinstance(given, list) or not all(isinstance(each, str) and 0 < len(each) <= MAX_NAME for each in given):
        raise _invalid(status.invalid_value("spec.audiences", "", "must be a list of short texts"))
    if len(given) > MAX_AUDIENCES:
        raise _invalid(status.invalid_value("spec.audiences", len(given), f"at most {MAX_AUDIENCES} are accepted"))
    return tuple(dict.fromkeys(given))


def _seconds(given: Any) -> int:
    if given is None:
        return DEFAULT_SECONDS
    if type(given) is not int:
        raise status.bad_request("spec.expirationSeconds must be a whole number")
    field = "spec.expirationSeconds"
    if given < MIN_SECONDS:
        raise _invalid(status.invalid_value(field, given, "may not specify a duration less than 10 minutes"))
    if given > LARGEST:
        raise _invalid(status.invalid_value(field, given, "may not specify a duration larger than 2^32 seconds"))
    return given


def _invalid(error: FieldError) -> status.StatusError:
    return status.invalid(KIND, AUTHENTICATION, "", [error])


def _reference(bound: Bound | None) -> Json | None:
    if bound is None:
        return None
    return {"kind": bound.kind, "apiVersion": "v1", "name": bound.name, "uid": bound.uid}


def _text_of(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
