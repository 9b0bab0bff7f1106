"""Secrets of type kubernetes.io/service-account-token: filled in for their account, gone with it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection
from roadstead.apimachinery.served import ListOptions
from roadstead.auth.account_tokens import Account, AccountTokens, Bound
from roadstead.auth.policy import part, text
from roadstead.auth.users import controller
from roadstead.base.values import Json
from roadstead.controllers.clock import REAL, Clock
from roadstead.controllers.lease import Lease
from roadstead.controllers.loop import Loop, Watched
from roadstead.controllers.queue import Key
from roadstead.kube.status import StatusError

TYPE = "kubernetes.io/service-account-token"
ACCOUNT, ACCOUNT_UID = "kubernetes.io/service-account.name", "kubernetes.io/service-account.uid"
ACTOR = controller("tokens-controller", "kube-system")
_OF_ACCOUNT = "account "
"""Begins the keys that stand for all secrets of an account; no secret has a name with a space in it."""


class TokenSecrets:
    """A token without an end, for whoever asked for one by making such a secret. Deleting the secret ends the token."""

    def __init__(
        self,
        secrets: Collection,
        accounts: Collection,
        tokens: AccountTokens,
        authority: Callable[[], bytes],
        *,
        clock: Clock = REAL,
    ) -> None:
        """`authority` gives the CA certificate that clients trust the API by, as PEM; empty when it serves plain."""
        self._secrets, self._accounts, self._tokens = secrets, accounts, tokens
        self._authority, self._clock = authority, clock

    def loop(self, lease: Lease | None = None) -> Loop:
        """The loop that keeps them."""
        watched = (Watched(self._secrets, _secret_key), Watched(self._accounts, _account_key))
        return Loop("token secrets", watched, self.reconcile, lease=lease, clock=self._clock)

    async def reconcile(self, key: Key) -> None:
        """Sees to one secret, or to all secrets of an account."""
        namespace, name = key
        if not name.startswith(_OF_ACCOUNT):
            await self._see_to(namespace, name)
            return
        account = name.removeprefix(_OF_ACCOUNT)
        listing = await self._secrets.list(namespace, ListOptions(), self._ask())
        for secret in listing.items:
            if _account_of(secret) == account:
                await self._see_to(namespace, secret["metadata"]["name"])

    async def _see_to(self, namespace: str, name: str) -> None:
        secret = self._secrets.peek(namespace, name)
        if secret is None or not _account_of(secret) or secret["metadata"].get("deletionTimestamp"):
            return
        account = self._accounts.peek(namespace, _account_of(secret))
        uid = account["metadata"]["uid"] if account is not None else ""
        if not uid or _annotations(secret).get(ACCOUNT_UID, uid) != uid:
            await self._drop(secret)
            return
        owner = Account(namespace, _account_of(secret), uid)
        bound = Bound("Secret", name, secret["metadata"]["uid"])
        data = {"namespace": namespace.encode(), "ca.crt": self._authority()}
        if not self._is_good(secret, owner, bound):
            data["token"] = self._tokens.issue(owner, self._clock.now(), None, bound=bound).token.encode()
        filled = {key: base64.b64encode(value).decode() for key, value in data.items() if value}
        meta = {**secret["metadata"], "annotations": {**_annotations(secret), ACCOUNT_UID: uid}}
        changed = {**secret, "metadata": meta, "data": {**part(secret, "data"), **filled}}
        if changed != secret:
            await self._secrets.update(namespace, name, changed, self._ask())

    def _is_good(self, secret: Json, owner: Account, bound: Bound) -> bool:
        try:
            token = base64.b64decode(text(part(secret, "data"), "token")).decode()
        except ValueError:
            return False
        claims = self._tokens.read(token)
        return claims is not None and claims.account == owner and claims.bound == bound

    async def _drop(self, secret: Json) -> None:
        """Removes the secret of an account that is not there, unless it was replaced meanwhile."""
        ask = Ask.internal(self._clock.now(), user=ACTOR)
        ask.options["preconditions"] = {"uid": secret["metadata"]["uid"]}
        try:
            await self._secrets.delete(secret["metadata"]["namespace"], secret["metadata"]["name"], ask)
        except StatusError as gone:
            if gone.code not in (404, 409):
                raise

    def _ask(self) -> Ask:
        return Ask.internal(self._clock.now(), user=ACTOR)


def _annotations(secret: Json) -> Json:
    return part(secret["metadata"], "annotations")


def _account_of(secret: Json) -> str:
    """The name of the account a secret of this type is for; "" for every other secret."""
    return text(_annotations(secret), ACCOUNT) if secret.get("type") == TYPE else ""


def _secret_key(secret: Json) -> Iterable[Key]:
    if _account_of(secret):
        yield secret["metadata"]["namespace"], secret["metadata"]["name"]


def _account_key(account: Json) -> Iterable[Key]:
    yield account["metadata"]["namespace"], _OF_ACCOUNT + account["metadata"]["name"]
