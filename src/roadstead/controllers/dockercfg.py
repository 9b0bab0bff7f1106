"""What a managed pull secret holds, for which hosts, and when it is time for a fresh one; no I/O (contract, 9)."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Collection, Iterable
from datetime import datetime

import orjson

from roadstead.auth.account_tokens import Claims
from roadstead.auth.policy import objects, part, text
from roadstead.base.values import Json

TYPE = "kubernetes.io/dockercfg"
KEY = ".dockercfg"
REFERENCE = "openshift.io/internal-registry-pull-secret-ref"
"""On the account: the name of its managed secret."""
OF_ACCOUNT = "openshift.io/internal-registry-auth-token.service-account"
BINDING = "openshift.io/internal-registry-auth-token.binding"
BOUND, LEGACY = "bound", "legacy"
USER = "<token>"
LONGEST_PREFIX = 58
REFRESH_BELOW = 0.4
"""The part of its lifetime a token must have left."""
LOOK_AGAIN_AT = 0.6
SERVICES = (("openshift-image-registry", "image-registry"), ("default", "docker-registry"))


def name_base(account: str) -> str:
    """What the name of an account's secret begins with; a long one is cut, and told apart by a hash."""
    base = f"{account}-dockercfg-"
    if len(base) <= LONGEST_PREFIX:
        return base
    mark = hashlib.sha256(account.encode()).hexdigest()[:8]
    return f"{account[: LONGEST_PREFIX - len('-dockercfg-') - len(mark) - 1]}-{mark}-dockercfg-"


def hosts(configured: Iterable[str], services: Iterable[Json]) -> list[str]:
    """Every host[:port] the registry is reached by: those we know of, and those of its services (9.4)."""
    found = {each for each in configured if each}
    for service in services:
        found.update(_service_hosts(service))
    return sorted(found)


def _service_hosts(service: Json) -> Iterable[str]:
    meta, spec = part(service, "metadata"), part(service, "spec")
    address, ports = text(spec, "clusterIP"), objects(spec.get("ports"))
    port = ports[0].get("port") if ports else None
    if not address or address == "None" or type(port) is not int:
        return
    name = f"{text(meta, 'name')}.{text(meta, 'namespace')}.svc"
    names = [name, f"{name}.cluster.local", *([] if ":" in address else [address])]
    for each in names:
        yield f"{each}:{port}"
        if port in (80, 443):
            yield each


def content(wanted: Iterable[str], token: str) -> str:
    """The value of `.dockercfg` in a secret's data, as base64."""
    auth = base64.b64encode(f"{USER}:{token}".encode()).decode()
    return base64.b64encode(orjson.dumps({host: {"auth": auth} for host in wanted})).decode()


def read(secret: Json) -> tuple[set[str], str] | None:
    """The hosts and the one token in a secret; None when it cannot be read, or the hosts have different ones."""
    try:
        entries = orjson.loads(base64.b64decode(text(part(secret, "data"), KEY), validate=True))
        tokens = {base64.b64decode(entry["auth"]).decode().partition(":")[2] for entry in entries.values()}
        return set(entries), tokens.pop() if len(tokens) == 1 else ""
    except (ValueError, binascii.Error, KeyError, TypeError, AttributeError):
        return None


def left(claims: Claims, now: datetime) -> float:
    """The part of its lifetime that a token has left: 1 when fresh, 0 or less at its end."""
    if claims.ends is None:
        return 1.0
    return (claims.ends - now.timestamp()) / max(1, claims.ends - claims.starts)


def seconds_until(claims: Claims, now: datetime) -> float:
    """How long until a token should be looked at again."""
    if claims.ends is None:
        return 86400.0
    due = claims.starts + LOOK_AGAIN_AT * (claims.ends - claims.starts)
    return max(1.0, due - now.timestamp())


def why_stale(wanted: Collection[str], found: tuple[set[str], str] | None, claims: Claims | None, now: datetime) -> str:
    """Why a secret needs a fresh token; "" when it is good.

    `found` is what `read` gave; `claims` what its token says, None when no key of ours signed it.
    """
    if found is None:
        return "it cannot be read"
    if found[0] != set(wanted):
        return "the hosts have changed"
    if claims is None:
        return "its token was not signed by a key of ours"
    if left(claims, now) < REFRESH_BELOW:
        return "its token ends soon"
    return ""
