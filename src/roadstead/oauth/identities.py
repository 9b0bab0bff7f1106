"""From what an identity provider says about somebody to the user they are here."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection, commit
from roadstead.auth import people as standing
from roadstead.auth.users import User
from roadstead.base.errors import Denied
from roadstead.base.observe import logger
from roadstead.base.values import Json
from roadstead.kube.status import StatusError
from roadstead.resources.people import People
from roadstead.resources.useridentitymappings import is_linked
from roadstead.resources.users import group_name, user_name

ATTEMPTS = 4
"""Two logins of one person, or of two providers for one name, may get in each other's way this often."""
MAX_GROUPS = 256
GENERATED = "oauth.openshift.io/generated"
SYNCED = "oauth.openshift.io/idp."


class Mapping(Enum):
    """How somebody who was never here becomes a user."""

    CLAIM = "claim"
    """The user of that name, unless another identity has it already."""
    LOOKUP = "lookup"
    """Only who was linked by an administrator."""
    ADD = "add"
    """The user of that name, whoever else logs in as them."""


class LoginRefused(Denied):
    """The provider vouches for somebody, and they are no user here; the message says what an administrator can do."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a provider says. `subject` is its own name for them and never changes; `groups` None: it tells of none."""

    provider: str
    subject: str
    preferred: str = ""
    full_name: str = ""
    email: str = ""
    groups: tuple[str, ...] | None = None

    @property
    def identity(self) -> str:
        """The name of the Identity object."""
        return f"{self.provider}:{plain_name(self.subject)}"


def plain_name(text: str) -> str:
    """A name as it stands in objects: letters that have a meaning in paths make it base64."""
    if user_name(text) or ":" in text:
        return "b64:" + base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()
    return text


class Identities:
    """Finds the user of an identity, or makes one by the provider's rule."""

    def __init__(self, people: People, now_standing: standing.People, now: Callable[[], datetime]) -> None:
        self._people, self._standing, self._now = people, now_standing, now

    async def user_for(self, claimed: Claimed, mapping: Mapping) -> User:
        """The user; raises LoginRefused."""
        for _ in range(ATTEMPTS):
            try:
                user = self.linked(claimed) or await self._new(claimed, mapping)
                if claimed.groups is not None:
                    await self._sync_groups(claimed, user["metadata"]["name"])
                break
            except StatusError as lost:
                if lost.code != 409:
                    raise LoginRefused(f"{claimed.identity} cannot be a user here: {lost.message}") from None
        else:
            raise LoginRefused(f"{claimed.identity} is logging in elsewhere at the same time; try again")
        found = await self._standing.user(user["metadata"]["name"], user["metadata"]["uid"])
        if found is None:
            raise LoginRefused(_gone(claimed, user["metadata"]["name"]))
        return found

    async def user_now(self, claimed: Claimed) -> User | None:
        """The user of an identity that was here before, as they stand now."""
        try:
            user = self.linked(claimed)
        except LoginRefused:
            return None
        return None if user is None else await self._standing.user(user["metadata"]["name"], user["metadata"]["uid"])

    def linked(self, claimed: Claimed) -> Json | None:
        """The User object; None for an identity nobody has seen. Raises LoginRefused when its user is gone."""
        identity = self._people.identities.peek("", claimed.identity)
        if identity is None:
            return None
        name = (identity.get("user") or {}).get("name", "")
        user = self._people.users.peek("", name) if name else None
        if user is None or not is_linked(user, identity):
            raise LoginRefused(_gone(claimed, name))
        return user

    async def _new(self, claimed: Claimed, mapping: Mapping) -> Json:
        name = plain_name(claimed.preferred or claimed.subject)
        if mapping is Mapping.LOOKUP:
            raise LoginRefused(
                f"{claimed.identity} is linked to no user; an administrator can create the identity and a "
                f"useridentitymapping for it"
            )
        ask = Ask.internal(self._now())
        found = self._people.users.peek("", name)
        others = [each for each in (found or {}).get("identities") or () if each != claimed.identity]
        if others and mapping is Mapping.CLAIM:
            raise LoginRefused(f'user "{name}" belongs to {", ".join(others)} already, not to {claimed.identity}')
        user: Json = found or {"kind": "User", "apiVersion": "user.openshift.io/v1", "metadata": {"name": name}}
        if not others and not user.get("fullName") and claimed.full_name:
            user["fullName"] = claimed.full_name
        user["identities"] = [*others, claimed.identity]
        users = self._people.users
        staged = await (users.stage_create(user, ask) if found is None else users.stage_update(user, ask))
        uid = staged.object["metadata"]["uid"]
        identity = await self._people.identities.stage_create(_identity(claimed, name, uid), ask)
        return (await commit([staged, identity]))[0]

    async def _sync_groups(self, claimed: Claimed, user: str) -> None:
        """The groups a provider tells of hold the user; those it told of before, and does not any more, do not."""
        wanted = _usable(claimed)
        marker = SYNCED + claimed.provider
        for name in await self._standing.groups_of(user):
            group = self._people.groups.peek("", name)
            if name not in wanted and group and _annotation(group, marker) == "synced":
                await self._leave(group, user)
        for name in wanted:
            await self._join(name, user, marker)

    async def _leave(self, group: Json, user: str) -> None:
        ask, groups = Ask.internal(self._now()), self._people.groups
        rest = [each for each in group.get("users") or () if each != user]
        if not rest and _annotation(group, GENERATED) == "true":
            await groups.delete("", group["metadata"]["name"], ask)
        else:
            await _save(groups, {**group, "users": rest}, ask)

    async def _join(self, name: str, user: str, marker: str) -> None:
        ask, groups = Ask.internal(self._now()), self._people.groups
        group = groups.peek("", name)
        if group is None:
            head = {"kind": "Group", "apiVersion": "user.openshift.io/v1"}
            marked = {"name": name, "annotations": {marker: "synced", GENERATED: "true"}}
            await groups.create("", {**head, "metadata": marked, "users": [user]}, ask)
        elif user not in (group.get("users") or ()) or _annotation(group, marker) != "synced":
            meta = group["metadata"]
            meta["annotations"] = {**(meta.get("annotations") or {}), marker: "synced"}
            members = [each for each in group.get("users") or () if each != user]
            await _save(groups, {**group, "users": [*members, user]}, ask)


async def _save(groups: Collection, group: Json, ask: Ask) -> None:
    await groups.update("", group["metadata"]["name"], group, ask)


def _annotation(obj: Json, name: str) -> str:
    return str((obj["metadata"].get("annotations") or {}).get(name, ""))


def _usable(claimed: Claimed) -> list[str]:
    names = dict.fromkeys(claimed.groups or ())
    good = [name for name in names if name and len(name) <= MAX_GROUPS and not group_name(name)]
    if len(good) < len(names):
        logger().warning("groups left out: unusable names", identity=claimed.identity, groups=len(names) - len(good))
    return good[:MAX_GROUPS]


def _identity(claimed: Claimed, user: str, uid: str) -> Json:
    told = {"preferred_username": claimed.preferred, "name": claimed.full_name, "email": claimed.email}
    return {
        "kind": "Identity",
        "apiVersion": "user.openshift.io/v1",
        "metadata": {"name": claimed.identity},
        "providerName": claimed.provider,
        "providerUserName": plain_name(claimed.subject),
        "user": {"name": user, "uid": uid},
        "extra": {key: value for key, value in told.items() if value},
    }


def _gone(claimed: Claimed, user: str) -> str:
    return (
        f'user "{user}" of {claimed.identity} was removed; '
        f"to let them in again as somebody new: kubectl delete identity {shlex.quote(claimed.identity)}"
    )
