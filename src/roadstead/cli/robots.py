"""Robots: service accounts as registry accounts, which depend on no person (`roadstead robot …`)."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import orjson

from roadstead.auth.policy import objects, part, text
from roadstead.base.errors import Invalid
from roadstead.base.values import Json
from roadstead.cli.api import Api, Refused
from roadstead.kube.meta import SUFFIX_LENGTH, SUFFIX_LETTERS
from roadstead.kube.names import dns_subdomain, label_value

ROLES = {"puller": "system:image-puller", "pusher": "system:image-pusher", "builder": "system:image-builder"}
ROBOT, EXPIRES = "roadstead.io/robot", "roadstead.io/expires"
"""The label of a robot's account, secrets and binding (its name); the annotation of when a token ends."""
TOKEN_TYPE = "kubernetes.io/service-account-token"
ACCOUNT = "kubernetes.io/service-account.name"
PULL_SECRET = "openshift.io/internal-registry-auth-token.service-account"
AUDIENCE = "roadstead-registry"
NEVER = "never"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
WAIT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Token:
    """A robot's token, when it ends, and the addresses of the registry it is for."""

    robot: str
    namespace: str
    token: str = field(repr=False)
    expires: str
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One robot in a list."""

    namespace: str
    name: str
    roles: str
    expires: str


class Robots:
    """The robots of one namespace."""

    def __init__(self, api: Api, namespace: str) -> None:
        self._api, self._namespace = api, namespace
        self._core = f"/api/v1/namespaces/{namespace}"
        self._bindings = f"{RBAC}/namespaces/{namespace}/rolebindings"

    async def create(self, name: str, role: str, lasts: int | None) -> None:
        """A robot with a role and a token that lasts so many seconds (None: for ever); raises Refused."""
        if wrong := dns_subdomain(name) or label_value(name):
            raise Invalid(f"{name[:80]!r} is no name for a robot: {'; '.join(wrong)}")
        labels = {ROBOT: name}
        account = {"metadata": {"name": name, "labels": labels}}
        try:
            made = await self._api.create(f"{self._core}/serviceaccounts", account)
        except Refused as refused:
            if refused.code == 409:
                why = f"a service account {name} is in namespace {self._namespace} already"
                raise Invalid(f"{why}; see `roadstead robot list`, or `robot rotate` for a new token") from None
            if refused.code == 404:
                raise Invalid(f"{refused}; create it first: kubectl create namespace {self._namespace}") from None
            raise
        binding = {
            "metadata": {"name": f"robot-{name}", "labels": labels, "ownerReferences": [_owner(made)]},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": ROLES[role]},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": self._namespace}],
        }
        try:
            await self._api.create(self._bindings, binding)
            await self._new_token(made, lasts)
        except BaseException:
            await self._remove(name)
            raise

    async def rotate(self, name: str, lasts: int | None, *, keep_old: bool) -> None:
        """A new token; the old ones end at once, unless they are kept for those who still use them."""
        account = await self._account(name)
        old = await self._secrets(name)
        await self._new_token(account, lasts)
        if not keep_old:
            for each in old:
                await self._api.delete(f"{self._core}/secrets/{each['metadata']['name']}")
            await self._tell_account(name, [{"$patch": "delete", "name": each["metadata"]["name"]} for each in old])

    async def revoke(self, name: str) -> None:
        """The robot, its role and all its tokens are gone with the next request."""
        await self._account(name)
        await self._remove(name)

    async def token(self, name: str, registry: str) -> Token:
        """The newest token; raises Invalid when there is none, or it has ended."""
        account = await self._account(name)
        found = await self._secrets(name)
        if not found:
            raise Invalid(f"robot {name} has no token; {self._mend(name)}")
        newest = max(found, key=_made)
        expires = text(part(newest["metadata"], "annotations"), EXPIRES) or NEVER
        if expires != NEVER and expires < _now():
            ended = f"the token of robot {name} ended at {expires}"
            raise Invalid(f"{ended}; {self._mend(name)}")
        token = base64.b64decode(await self._filled(newest)).decode()
        hosts = (registry,) if registry else await self._hosts(account)
        return Token(name, self._namespace, token, expires, hosts)

    def _mend(self, name: str) -> str:
        return f"make a new one with: roadstead robot rotate {name} -n {self._namespace}"

    async def _new_token(self, account: Json, lasts: int | None) -> None:
        name = account["metadata"]["name"]
        suffix = "".join(secrets.choice(SUFFIX_LETTERS) for _ in range(SUFFIX_LENGTH))
        meta = {"name": f"{name}-token-{suffix}", "labels": {ROBOT: name}, "ownerReferences": [_owner(account)]}
        if lasts is None:
            forever = {"metadata": {**meta, "annotations": {ACCOUNT: name}}, "type": TOKEN_TYPE}
            await self._filled(await self._api.create(f"{self._core}/secrets", forever))
            await self._tell_account(name, [{"name": meta["name"]}])
            return
        secret = await self._api.create(f"{self._core}/secrets", {"metadata": meta, "type": "Opaque"})
        bound = {"kind": "Secret", "apiVersion": "v1", "name": meta["name"], "uid": secret["metadata"]["uid"]}
        wanted = {"spec": {"audiences": [AUDIENCE], "expirationSeconds": lasts, "boundObjectRef": bound}}
        path = f"{self._core}/secrets/{meta['name']}"
        try:
            made = (await self._api.create(f"{self._core}/serviceaccounts/{name}/token", wanted))["status"]
            data = {"token": base64.b64encode(made["token"].encode()).decode()}
            notes = {"annotations": {EXPIRES: made["expirationTimestamp"]}}
            await self._api.merge(path, {"metadata": notes, "data": data})
        except BaseException:
            await self._api.delete(path)
            raise

    async def _tell_account(self, name: str, changes: Sequence[Json]) -> None:
        """Tokens that never end stand in their account's list of secrets, where `oc registry login -z` looks."""
        await self._api.strategic(f"{self._core}/serviceaccounts/{name}", {"secrets": changes})

    async def _account(self, name: str) -> Json:
        found = await self._api.find(f"{self._core}/serviceaccounts/{name}")
        if found is None or ROBOT not in part(found["metadata"], "labels"):
            why = "is not a robot" if found else "is not there"
            raise Invalid(f"{name} {why} in namespace {self._namespace}; see `roadstead robot list -A`")
        return found

    async def _secrets(self, name: str) -> list[Json]:
        query = f"?labelSelector={ROBOT.replace('/', '%2F')}%3D{name}"
        return list(objects((await self._api.get(f"{self._core}/secrets{query}")).get("items")))

    async def _filled(self, secret: Json) -> str:
        """The token in a secret, as base64; one the server fills in is waited for."""
        path = f"{self._core}/secrets/{secret['metadata']['name']}"
        for _ in range(int(WAIT_SECONDS * 10)):
            token = text(part(secret, "data"), "token")
            if token:
                return token
            await asyncio.sleep(0.1)
            secret = await self._api.get(path)
        raise Invalid(f"secret {secret['metadata']['name']} was not filled in; look into the server's log")

    async def _hosts(self, account: Json) -> tuple[str, ...]:
        """The addresses in the account's managed pull secret: those the registry says it is reached by."""
        name = account["metadata"]["name"]
        for _ in range(int(WAIT_SECONDS * 10)):
            for secret in objects((await self._api.get(f"{self._core}/secrets")).get("items")):
                if text(part(secret["metadata"], "annotations"), PULL_SECRET) == name:
                    entries = orjson.loads(base64.b64decode(text(part(secret, "data"), ".dockercfg") or "e30="))
                    if entries:
                        return tuple(sorted(entries, key=_nearness))
            await asyncio.sleep(0.1)
        raise Invalid("the address of the registry is not known; give it with --registry HOST[:PORT]")

    async def _remove(self, name: str) -> None:
        await self._api.delete(f"{self._core}/serviceaccounts/{name}")
        await self._api.delete(f"{self._bindings}/robot-{name}")
        for each in await self._secrets(name):
            await self._api.delete(f"{self._core}/secrets/{each['metadata']['name']}")


async def listed(api: Api, namespace: str) -> list[Line]:
    """The robots of a namespace, or (empty) of all."""
    within = f"/namespaces/{namespace}" if namespace else ""
    query = f"?labelSelector={ROBOT.replace('/', '%2F')}"
    accounts = objects((await api.get(f"/api/v1{within}/serviceaccounts{query}")).get("items"))
    tokens = objects((await api.get(f"/api/v1{within}/secrets{query}")).get("items"))
    bindings = objects((await api.get(f"{RBAC}{within}/rolebindings")).get("items"))
    return [_line(each, tokens, bindings) for each in accounts]


def _line(account: Json, tokens: Sequence[Json], bindings: Sequence[Json]) -> Line:
    meta = account["metadata"]
    name, namespace = meta["name"], meta["namespace"]
    mine = [
        each["metadata"]
        for each in tokens
        if each["metadata"]["namespace"] == namespace and part(each["metadata"], "labels").get(ROBOT) == name
    ]
    ends = sorted(text(part(each, "annotations"), EXPIRES) or NEVER for each in mine)
    roles = sorted(
        f"{text(part(each, 'roleRef'), 'name')} in {each['metadata']['namespace']}"
        for each in bindings
        if any(
            (text(subject, "kind"), text(subject, "name"), text(subject, "namespace"))
            == ("ServiceAccount", name, namespace)
            for subject in objects(each.get("subjects"))
        )
    )
    return Line(namespace, name, ", ".join(roles) or "none", ends[-1] if ends else "no token")


def _nearness(host: str) -> tuple[bool, bool, str]:
    """What orders the registry's addresses: first those that programs anywhere may reach."""
    return ".svc" in host, host.startswith(("127.", "localhost:", "[::1]")), host


def _owner(account: Json) -> Json:
    meta = account["metadata"]
    return {"apiVersion": "v1", "kind": "ServiceAccount", "name": meta["name"], "uid": meta["uid"]}


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _made(secret: Json) -> tuple[str, int]:
    """What orders tokens by age, also those of the same second."""
    meta = secret["metadata"]
    return text(meta, "creationTimestamp"), int(text(meta, "resourceVersion") or 0)
