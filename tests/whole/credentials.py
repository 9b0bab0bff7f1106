"""Every kind of credential there is, all of somebody who may pull from the namespace `shop` and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from roadstead.base.settings import Access, Audit, Settings
from roadstead.base.values import Json
from tests.oauth.flows import CHALLENGING, IMPLICIT, authorize_url, exchange
from tests.oauth.world import House, htpasswd
from tests.oauth.world import basic as basic_of
from tests.whole.world import World, basic, bearer, opened

ROLE = "system:image-puller"
ALICE: Json = {"kind": "User", "name": "alice"}
ROBOT: Json = {"kind": "ServiceAccount", "namespace": "shop", "name": "robot"}
EVERYBODY: Json = {"kind": "Group", "name": "system:unauthenticated"}
OF_ALICE = ("password", "OAuth token", "registry token of a password")
OF_ROBOT = (
    "account token",
    "registry-only account token",
    "account token as password",
    "registry token of an account token",
)
KINDS = ("anonymous", "client certificate", *OF_ALICE, *OF_ROBOT)


@dataclass(frozen=True)
class Credential:
    """What is shown: a header, or a certificate of the connection (DER). `api` and `registry`: the doors it opens."""

    authorization: str = ""
    certificate: bytes = field(default=b"", repr=False)
    api: bool = True
    registry: bool = True


async def peopled(folder: Path) -> World:
    """An app with alice, a robot, and a namespace both and everybody may pull from; another namespace is there too."""
    access = Access(htpasswd=str(htpasswd(folder, "alice", "bob")))
    world = await opened(folder, replace(Settings(), access=access, audit=Audit(to="nowhere")))
    for name in ("shop", "lab"):
        await world.namespace(name)
    await world.account("shop", "robot")
    for name, subject in (("alice", ALICE), ("robot", ROBOT), ("everybody", EVERYBODY)):
        await world.grant("shop", ROLE, subject, f"{name}-pulls")
    return world


async def shown(world: World, kind: str) -> Credential:
    """A fresh credential of a kind."""
    if kind == "anonymous":
        return Credential("Bearer anonymous", api=False)
    if kind == "client certificate":
        return Credential(certificate=certificate("alice"), registry=False)
    return await (_of_alice if kind in OF_ALICE else _of_robot)(world, kind)


async def _of_alice(world: World, kind: str) -> Credential:
    if kind == "OAuth token":
        return Credential(bearer(await oauth_token(world)))
    password = basic("alice", "alice-pw")
    return Credential(password) if kind == "password" else await _registry_token(world, password)


async def _of_robot(world: World, kind: str) -> Credential:
    if kind == "registry-only account token":
        token = await world.token("shop", "robot", audiences=["roadstead-registry"])
        return Credential(bearer(token), api=False)
    token = await world.token("shop", "robot")
    if kind == "account token":
        return Credential(bearer(token))
    password = basic("anything", token)
    if kind == "account token as password":
        return Credential(password, api=False)
    return await _registry_token(world, password)


async def oauth_token(world: World, name: str = "alice") -> str:
    """What `oc login -u alice -p …` ends up with."""
    house = House(world.app, world.folder, world.admin)
    answer = await house.api(
        "GET",
        authorize_url(CHALLENGING, IMPLICIT),
        X_CSRF_Token="1",
        Authorization=basic_of(name, f"{name}-pw"),
    )
    assert answer.status == 302, answer.text
    code = dict(parse_qsl(urlsplit(answer.header("Location")).query))["code"]
    token: str = (await exchange(house, code)).json["access_token"]
    return token


async def _registry_token(world: World, authorization: str) -> Credential:
    code, found = await world.registry("GET", "/openshift/token", authorization)
    assert code == 200, found
    return Credential(bearer(found["token"]), api=False)


def certificate(name: str) -> bytes:
    """A client certificate as the connection hands it on: whether our CA signed it was checked there."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.DER)
