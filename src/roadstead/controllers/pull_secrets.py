"""Every service account can pull from this registry: a managed secret for each, with a token that stays fresh."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import replace

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection, commit
from roadstead.apimachinery.served import ListOptions
from roadstead.auth.account_tokens import Account, AccountTokens, Bound
from roadstead.auth.policy import objects, part, text
from roadstead.auth.users import controller
from roadstead.base.values import Json
from roadstead.controllers import dockercfg
from roadstead.controllers.clock import REAL, Clock
from roadstead.controllers.dockercfg import BINDING, OF_ACCOUNT, REFERENCE
from roadstead.controllers.lease import Lease
from roadstead.controllers.loop import Loop, Watched
from roadstead.controllers.queue import Key
from roadstead.kube.status import StatusError

ACTOR = controller("serviceaccount-pull-secrets-controller")
MANAGER = "openshift.io/image-registry-pull-secrets_service-account-controller"
LOOK_SECONDS = 900.0
"""Keys are files that nobody watches, so every secret is looked at this often."""
_OF_ACCOUNT = "account "
_ALL: Key = ("", "all secrets")


class PullSecrets:
    """One key for each account, and one for each managed secret (import-and-triggers contract, section 9)."""

    def __init__(
        self,
        accounts: Collection,
        secrets: Collection,
        services: Collection,
        tokens: AccountTokens,
        hosts: Sequence[str],
        *,
        seconds: int,
        clock: Clock = REAL,
    ) -> None:
        """`hosts` are the addresses we know the registry by; `seconds` is the lifetime of a token."""
        self._accounts, self._secrets, self._services = accounts, secrets, services
        self._tokens, self._hosts, self._seconds, self._clock = tokens, hosts, seconds, clock
        self._loop: Loop | None = None

    def loop(self, lease: Lease | None = None) -> Loop:
        """The loop that keeps them."""
        watched = (
            Watched(self._accounts, _account_key),
            Watched(self._secrets, _secret_keys),
            Watched(self._services, _service_key),
        )
        self._loop = Loop(
            "pull secrets", watched, self.reconcile, resync_seconds=LOOK_SECONDS, lease=lease, clock=self._clock
        )
        return self._loop

    async def reconcile(self, key: Key) -> float | None:
        """Sees to an account, to a secret, or to all secrets; returns when a token is due to be looked at."""
        namespace, name = key
        if key == _ALL:
            await self._all_secrets()
        elif name.startswith(_OF_ACCOUNT):
            await self._unless_leaving(self._account(namespace, name.removeprefix(_OF_ACCOUNT)))
        else:
            return await self._secret(namespace, name)
        return None

    # -- the account: it names its secret, and its secret is there

    async def _account(self, namespace: str, name: str) -> None:
        account = self._accounts.peek(namespace, name)
        if account is None or account["metadata"].get("deletionTimestamp"):
            return
        ask = self._ask()
        secret_name, secret = await self._secret_of(account)
        staged = []
        wanted = _referring(account, secret_name)
        if wanted != account:
            staged.append(await self._accounts.stage_update(wanted, ask))
        if secret is None:
            staged.append(await self._secrets.stage_create(_new_secret(account, secret_name), ask))
        elif not _is_legacy(secret) and (repaired := _owned(secret, account)) != secret:
            staged.append(await self._secrets.stage_update(repaired, ask))
        if staged:
            await commit(staged)

    async def _unless_leaving(self, work: Awaitable[None]) -> None:
        """Does the work; in a namespace that is going, or gone, there is nothing to be done any more."""
        try:
            await work
        except StatusError as refused:
            if refused.code not in (403, 404):
                raise

    async def _secret_of(self, account: Json) -> tuple[str, Json | None]:
        """The name of the secret of an account, and the secret when it is there (9.2)."""
        meta = account["metadata"]
        named = text(part(meta, "annotations"), REFERENCE)
        if named:
            return named, self._secrets.peek(meta["namespace"], named)
        listing = await self._secrets.list(meta["namespace"], ListOptions(), self._ask())
        mine = [each for each in listing.items if _belongs(each, account)]
        pulled = {text(each, "name") for each in objects(account.get("imagePullSecrets"))}
        legacy = [each for each in listing.items if _is_legacy(each) and each["metadata"]["name"] in pulled]
        found = next(iter(mine or legacy), None)
        if found is not None:
            return found["metadata"]["name"], found
        return dockercfg.name_base(meta["name"]) + self._ask().suffix(), None

    # -- the secret: its token is fresh, and it covers the hosts

    async def _secret(self, namespace: str, name: str) -> float | None:
        secret = self._secrets.peek(namespace, name)
        if secret is None or not _account_of(secret) or secret["metadata"].get("deletionTimestamp"):
            return None
        account = self._accounts.peek(namespace, _account_of(secret))
        if account is None:
            return None
        refers = text(part(account["metadata"], "annotations"), REFERENCE)
        if refers and refers != name:
            await self._orphan(account, secret)
            return None
        now, wanted = self._clock.now(), self._wanted()
        if not wanted:
            return None
        claims = None
        found = dockercfg.read(secret)
        owner = Account(namespace, account["metadata"]["name"], account["metadata"]["uid"])
        bound = Bound("Secret", name, secret["metadata"]["uid"])
        if found is not None:
            claims = self._tokens.read(found[1])
            if claims is not None and (claims.account != owner or claims.bound != bound):
                claims = None
        if dockercfg.why_stale(wanted, found, claims, now):
            token = self._tokens.issue(owner, now, self._seconds, bound=bound).token
            data = {**part(secret, "data"), dockercfg.KEY: dockercfg.content(wanted, token)}
            await self._secrets.update(namespace, name, {**secret, "data": data}, self._ask())
            claims = self._tokens.read(token)
        return dockercfg.seconds_until(claims, now) if claims is not None else None

    async def _orphan(self, account: Json, secret: Json) -> None:
        """A secret that its account does not name any more: references to it go, and then the secret."""
        name, namespace = secret["metadata"]["name"], secret["metadata"]["namespace"]
        kept = {
            field: [each for each in objects(account.get(field)) if text(each, "name") != name]
            for field in ("imagePullSecrets", "secrets")
            if account.get(field)
        }
        changed = {**account, **kept}
        if changed != account:
            await self._accounts.update(namespace, account["metadata"]["name"], changed, self._ask())
        ask = self._ask()
        ask.options["preconditions"] = {"uid": secret["metadata"]["uid"]}
        try:
            await self._secrets.delete(namespace, name, ask)
        except StatusError as gone:
            if gone.code not in (404, 409):
                raise

    def _wanted(self) -> list[str]:
        found = [self._services.peek(*place) for place in dockercfg.SERVICES]
        return dockercfg.hosts(self._hosts, [each for each in found if each is not None])

    async def _all_secrets(self) -> None:
        listing = await self._secrets.list(None, ListOptions(), self._ask())
        for secret in listing.items:
            if _account_of(secret) and self._loop is not None:
                self._loop.add((secret["metadata"]["namespace"], secret["metadata"]["name"]))

    def _ask(self) -> Ask:
        return replace(Ask.internal(self._clock.now(), user=ACTOR), field_manager=MANAGER)


def _account_of(secret: Json) -> str:
    """The account a managed secret is for; "" for every other secret."""
    if secret.get("type") != dockercfg.TYPE:
        return ""
    return text(part(secret["metadata"], "annotations"), OF_ACCOUNT)


def _is_legacy(secret: Json) -> bool:
    return text(part(secret["metadata"], "annotations"), BINDING) == dockercfg.LEGACY


def _belongs(secret: Json, account: Json) -> bool:
    if secret.get("type") != dockercfg.TYPE:
        return False
    meta = account["metadata"]
    owners = objects(secret["metadata"].get("ownerReferences"))
    return _account_of(secret) == meta["name"] or any(text(owner, "uid") == meta["uid"] for owner in owners)


def _referring(account: Json, secret: str) -> Json:
    """The account with its reference, in both lists and the annotation; what others put there stays."""
    meta = account["metadata"]
    changed = {
        **account,
        "metadata": {**meta, "annotations": {**part(meta, "annotations"), REFERENCE: secret}},
    }
    for field in ("imagePullSecrets", "secrets"):
        listed = list(objects(account.get(field)))
        if all(text(each, "name") != secret for each in listed):
            changed[field] = [*listed, {"name": secret}]
    return changed


def _owner(account: Json) -> Json:
    meta = account["metadata"]
    return {"apiVersion": "v1", "kind": "ServiceAccount", "name": meta["name"], "uid": meta["uid"]}


def _new_secret(account: Json, name: str) -> Json:
    meta = account["metadata"]
    annotations = {OF_ACCOUNT: meta["name"], BINDING: dockercfg.BOUND}
    return {
        "metadata": {
            "name": name,
            "namespace": meta["namespace"],
            "annotations": annotations,
            "ownerReferences": [_owner(account)],
        },
        "type": dockercfg.TYPE,
        "data": {dockercfg.KEY: "e30="},
    }


def _owned(secret: Json, account: Json) -> Json:
    """The secret with its annotation and owner as they should be; its data is left alone."""
    meta = secret["metadata"]
    annotations = {BINDING: dockercfg.BOUND, **part(meta, "annotations"), OF_ACCOUNT: account["metadata"]["name"]}
    owners = objects(meta.get("ownerReferences"))
    if all(text(each, "uid") != account["metadata"]["uid"] for each in owners):
        # An account of the same name that is gone would take the secret with it.
        owners = (*(each for each in owners if text(each, "kind") != "ServiceAccount"), _owner(account))
    return {**secret, "metadata": {**meta, "annotations": annotations, "ownerReferences": list(owners)}}


def _account_key(account: Json) -> Iterable[Key]:
    yield account["metadata"]["namespace"], _OF_ACCOUNT + account["metadata"]["name"]


def _secret_keys(secret: Json) -> Iterable[Key]:
    """The secret, and its account, which must not be without one."""
    account = _account_of(secret)
    if account:
        namespace = secret["metadata"]["namespace"]
        yield namespace, secret["metadata"]["name"]
        yield namespace, _OF_ACCOUNT + account


def _service_key(service: Json) -> Iterable[Key]:
    if (service["metadata"]["namespace"], service["metadata"]["name"]) in dockercfg.SERVICES:
        yield _ALL
