"""One gate for both doors."""

from __future__ import annotations

import asyncio
import base64
from datetime import UTC, datetime, timedelta
from pathlib import Path

import bcrypt
import pytest

from roadstead.auth.bootstrap import cluster_role_binding, role_binding
from roadstead.auth.bootstrap_roles import cluster_roles
from roadstead.auth.credentials import BadCredentials, Fault
from roadstead.auth.gate import Gate
from roadstead.auth.htpasswd import Htpasswd
from roadstead.auth.rbac import RoleObjects, Rules
from roadstead.auth.tokens import AdminToken, RegistryTokens
from roadstead.auth.users import ADMIN, ANONYMOUS, Attributes, Refused, User
from roadstead.base.errors import Unavailable
from roadstead.base.values import Json
from roadstead.base.web import Request, request_for

START = datetime(2030, 1, 1, tzinfo=UTC)


class Roles:
    """Roles and bindings in memory that count how often they were loaded."""

    def __init__(self) -> None:
        self.bindings: list[Json] = []
        self.cluster_bindings: list[Json] = []
        self.changes = self.loads = 0
        self.broken = False

    async def fresh(self) -> None:
        """Nobody else writes these rules."""

    def version(self) -> int:
        return self.changes

    async def load(self) -> RoleObjects:
        self.loads += 1
        await asyncio.sleep(0)
        if self.broken:
            raise Unavailable("no log")
        return RoleObjects((), cluster_roles(), list(self.bindings), list(self.cluster_bindings))

    async def update(self, rules: Rules, version: int) -> Rules | None:
        return None

    def allow(self, role: str, user: str) -> None:
        self.bindings.append(role_binding("shop", role, role, {"kind": "User", "name": user}))
        self.changes += 1


class House:
    """A gate with everything around it, and a clock."""

    def __init__(self, folder: Path, passwords: bool = True) -> None:
        self.people = people = folder / "htpasswd"
        people.write_text(f"alice:{bcrypt.hashpw(b'secret', bcrypt.gensalt(4)).decode()}\n")
        self.roles, self.now = Roles(), START
        self.registry_tokens = RegistryTokens(b"k" * 32, "registry")
        admin = AdminToken(folder / "admin-token")
        self.admin_token = (folder / "admin-token").read_text().strip()
        kept = Htpasswd(people) if passwords else None
        self.gate = Gate(self.roles, [admin], self.registry_tokens, kept, lambda: self.now)

    def token(self, user: User) -> str:
        return self.registry_tokens.issue(user, self.now).token


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def asking(authorization: str | None = None) -> Request:
    return request_for("GET", "/v2/", headers={} if authorization is None else {"Authorization": authorization})


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


async def registry_answer(house: House, authorization: str | None) -> str | Fault:
    try:
        return (await house.gate.authenticate_registry(asking(authorization))).name
    except BadCredentials as bad:
        return bad.fault


async def api_answer(house: House, authorization: str | None) -> str | Fault:
    try:
        return (await house.gate.authenticate(asking(authorization))).name
    except BadCredentials as bad:
        return bad.fault


ROBOT = User("robot", groups=("system:authenticated",))

REGISTRY = [
    (None, Fault.MISSING),
    ("", Fault.MISSING),
    ("Negotiate abc", Fault.MISSING),
    ("Bearer anonymous", "system:anonymous"),
    ("Bearer ADMIN", "system:admin"),
    ("Bearer ROBOT", "robot"),
    ("Bearer nonsense", Fault.REFUSED),
    ("Bearer a.b.c", Fault.REFUSED),
    ("Bearer EXPIRED", Fault.EXPIRED),
    ("Bearer", Fault.UNREADABLE),
    (basic("anybody", "ADMIN"), "system:admin"),
    (basic("", "ADMIN"), "system:admin"),
    (basic("alice", "ROBOT"), "robot"),
    (basic("alice", "secret"), "alice"),
    (basic("alice", "wrong"), Fault.REFUSED),
    (basic("bob", "secret"), Fault.REFUSED),
    (basic("alice", "anonymous"), Fault.REFUSED),
    (basic("alice", "EXPIRED"), Fault.REFUSED),
    (basic("alice", ""), Fault.UNREADABLE),
    ("Basic !!!", Fault.UNREADABLE),
]
API = [
    (None, "system:anonymous"),
    ("Bearer ADMIN", "system:admin"),
    ("Bearer ROBOT", Fault.REFUSED),
    ("Bearer anonymous", Fault.REFUSED),
    ("Bearer nonsense", Fault.REFUSED),
    ("Negotiate abc", Fault.REFUSED),
    (basic("alice", "secret"), "alice"),
    (basic("alice", "wrong"), Fault.REFUSED),
    (basic("alice", "ADMIN"), Fault.REFUSED),
    (basic("alice", ""), Fault.UNREADABLE),
]


def filled_in(house: House, authorization: str | None) -> str | None:
    """The header with the words ADMIN, ROBOT and EXPIRED replaced by tokens."""
    if authorization is None:
        return None
    old = house.registry_tokens.issue(ROBOT, START - timedelta(hours=1)).token
    words = {"ADMIN": house.admin_token, "ROBOT": house.token(ROBOT), "EXPIRED": old}
    scheme, _, rest = authorization.partition(" ")
    if scheme != "Basic" or rest == "!!!":
        return f"{scheme} {words.get(rest, rest)}".strip()
    user, _, password = base64.b64decode(rest).decode().partition(":")
    return basic(user, words.get(password, password))


@pytest.mark.parametrize(("authorization", "expected"), REGISTRY)
async def test_credentials_at_the_registry_door(house: House, authorization: str | None, expected: str | Fault) -> None:
    assert await registry_answer(house, filled_in(house, authorization)) == expected


@pytest.mark.parametrize(("authorization", "expected"), API)
async def test_credentials_at_the_api_door(house: House, authorization: str | None, expected: str | Fault) -> None:
    assert await api_answer(house, filled_in(house, authorization)) == expected


async def test_without_an_htpasswd_file_passwords_open_nothing(tmp_path: Path) -> None:
    house = House(tmp_path, passwords=False)
    assert await api_answer(house, basic("alice", "secret")) == Fault.REFUSED
    assert await registry_answer(house, basic("alice", "secret")) == Fault.REFUSED


async def test_a_refusal_never_repeats_the_credentials(house: House) -> None:
    with pytest.raises(BadCredentials) as bad:
        await house.gate.authenticate_registry(asking(basic("alice", "hunter2")))
    assert "hunter2" not in repr(bad.value)


async def test_the_token_endpoint_hands_anonymous_to_who_shows_nothing(house: House) -> None:
    issued = await house.gate.exchange(asking())
    assert (issued.token, issued.expires_in) == ("anonymous", None)


async def test_the_token_endpoint_hands_a_short_lived_token_to_who_is_known(house: House) -> None:
    for authorization, name in ((basic("alice", "secret"), "alice"), (basic("x", house.admin_token), "system:admin")):
        issued = await house.gate.exchange(asking(authorization))
        assert issued.expires_in == 300
        assert issued.token not in authorization
        assert await registry_answer(house, f"Bearer {issued.token}") == name
        assert await api_answer(house, f"Bearer {issued.token}") == Fault.REFUSED


async def test_a_registry_token_cannot_be_renewed_with_itself(house: House) -> None:
    token = house.token(ROBOT)
    house.now += timedelta(seconds=100)
    issued = await house.gate.exchange(asking(basic("x", token)))
    assert (issued.token, issued.expires_in) == (token, 200)
    house.now += timedelta(seconds=200)
    with pytest.raises(BadCredentials):
        await house.gate.exchange(asking(basic("x", token)))


async def test_a_registry_token_ends_with_the_password_it_was_got_for(house: House) -> None:
    for change in (f"alice:{bcrypt.hashpw(b'another', bcrypt.gensalt(4)).decode()}\n", "# nobody\n"):
        token = (await house.gate.exchange(asking(basic("alice", "secret")))).token
        assert await registry_answer(house, f"Bearer {token}") == "alice"
        before = house.people.read_text()
        house.people.write_text(change)
        assert await registry_answer(house, f"Bearer {token}") == Fault.EXPIRED
        assert await registry_answer(house, basic("x", token)) == Fault.REFUSED
        with pytest.raises(BadCredentials):
            await house.gate.exchange(asking(basic("x", token)))
        house.people.write_text(before)


async def test_a_registry_token_ends_with_the_token_it_was_got_for(house: House, tmp_path: Path) -> None:
    token = (await house.gate.exchange(asking(basic("x", house.admin_token)))).token
    assert await registry_answer(house, f"Bearer {token}") == "system:admin"
    (tmp_path / "admin-token").write_text("sha256~another-long-token\n")
    assert await registry_answer(house, f"Bearer {token}") == Fault.EXPIRED


@pytest.mark.parametrize(
    ("authorization", "fault"),
    [
        ("Bearer anonymous", Fault.REFUSED),
        ("Negotiate x", Fault.REFUSED),
        (basic("alice", "wrong"), Fault.REFUSED),
        (basic("alice", ""), Fault.UNREADABLE),
    ],
)
async def test_the_token_endpoint_refuses_everything_else(house: House, authorization: str, fault: Fault) -> None:
    with pytest.raises(BadCredentials) as bad:
        await house.gate.exchange(asking(authorization))
    assert bad.value.fault is fault


PULL = Attributes(User("alice"), "get", "image.openshift.io", "imagestreams", "layers", "shop", "web")


async def test_rules_are_loaded_once_and_again_when_they_change(house: House) -> None:
    assert not house.gate.decide(PULL).allowed
    for _ in range(3):
        await house.gate.authenticate(asking())
    assert house.roles.loads == 1
    house.roles.allow("system:image-puller", "alice")
    await asyncio.gather(*(house.gate.authenticate(asking()) for _ in range(5)))
    assert house.roles.loads == 2
    assert house.gate.decide(PULL).allowed


async def test_a_removed_binding_counts_for_nothing_from_the_next_request_on(house: House) -> None:
    house.roles.allow("system:image-puller", "alice")
    await house.gate.authenticate_registry(asking("Bearer anonymous"))
    assert house.gate.decide(PULL).allowed
    house.roles.bindings.clear()
    house.roles.changes += 1
    await house.gate.authenticate_registry(asking("Bearer anonymous"))
    assert not house.gate.decide(PULL).allowed


async def test_rules_that_cannot_be_loaded_stop_the_request_and_are_tried_again(house: House) -> None:
    house.roles.broken = True
    with pytest.raises(Unavailable):
        await house.gate.authenticate(asking())
    house.roles.broken = False
    house.roles.allow("system:image-puller", "alice")
    await house.gate.authenticate(asking())
    assert house.gate.decide(PULL).allowed


async def test_require_raises_the_sentence_and_the_reason(house: House) -> None:
    await house.gate.refresh()
    with pytest.raises(Refused) as refused:
        house.gate.require(PULL)
    assert refused.value.message.startswith('User "alice" cannot get resource "imagestreams/layers" in API group ')
    assert "kubectl create rolebinding" in refused.value.reason


def impersonating(**headers: str) -> Request:
    return request_for("GET", "/", headers={f"Impersonate-{name}": value for name, value in headers.items()})


async def test_impersonation_takes_a_right_for_every_part(house: House) -> None:
    house.roles.cluster_bindings.append(cluster_role_binding("a", "admins", {"kind": "User", "name": "boss"}))
    house.roles.allow("edit", "alice")
    await house.gate.refresh()
    alice = User("alice")
    robot = impersonating(User="system:serviceaccount:shop:robot").headers
    assert house.gate.impersonate(alice, robot).name == "system:serviceaccount:shop:robot"
    for forged in (
        impersonating(User="bob"),
        impersonating(User="system:admin"),
        impersonating(User="system:serviceaccount:lab:robot"),
        impersonating(User="system:serviceaccount:shop:robot", Group="system:masters"),
        impersonating(User="system:serviceaccount:shop:robot", Uid="1"),
    ):
        with pytest.raises(Refused):
            house.gate.impersonate(alice, forged.headers)


async def test_nobody_is_impersonated_without_headers_and_the_administrator_may_be_anybody(house: House) -> None:
    assert house.gate.impersonate(ANONYMOUS, asking().headers) is ANONYMOUS
    wanted = impersonating(User="bob", Group="devs").headers
    assert house.gate.impersonate(ADMIN, wanted) == User("bob", groups=("devs", "system:authenticated"))
    with pytest.raises(Refused):
        house.gate.impersonate(ANONYMOUS, wanted)
