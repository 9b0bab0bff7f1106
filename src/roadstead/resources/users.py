"""User, Identity and Group: who people are, where they come from, what they belong to (user.openshift.io/v1)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection, Outcome
from roadstead.apimachinery.resource import Column, Resource
from roadstead.apimachinery.rules import Rules
from roadstead.apimachinery.shown import Shown
from roadstead.base.values import Json
from roadstead.kube import schema, status
from roadstead.kube.names import path_segment
from roadstead.kube.objectmeta import OBJECT_REFERENCE, kind_shape
from roadstead.kube.status import FieldError
from roadstead.resources.plain import NAME, field_of

GROUP = "user.openshift.io"
MYSELF = "~"
_TEXTS = schema.list_of(schema.text())


def _joined(name: str) -> Callable[[Json, datetime], object]:
    return lambda obj, _: ", ".join(map(str, obj.get(name) or ()))


USERS = Resource(
    GROUP,
    "v1",
    "users",
    "user",
    "User",
    namespaced=False,
    shape=kind_shape(
        "User",
        {
            "fullName": schema.text(description="What people read."),
            "identities": schema.list_of(
                schema.text(), default=[], description="How the person logs in: PROVIDER:NAME."
            ),
            "groups": _TEXTS,
        },
        described="A person who has logged in, or was made by an administrator.",
    ),
    columns=(
        NAME,
        Column("UID", field_of("metadata", "uid")),
        Column("Full Name", field_of("fullName")),
        Column("Identities", _joined("identities")),
    ),
)
IDENTITIES = Resource(
    GROUP,
    "v1",
    "identities",
    "identity",
    "Identity",
    namespaced=False,
    shape=kind_shape(
        "Identity",
        {
            "providerName": schema.text(description="The identity provider."),
            "providerUserName": schema.text(description="The name there, unique there."),
            "user": schema.object_of(OBJECT_REFERENCE, default={}),
            "extra": schema.map_of(schema.text(), description="What else the provider tells."),
        },
        described="A person as an identity provider knows them.",
    ),
    columns=(
        NAME,
        Column("IDP Name", field_of("providerName"), format="name"),
        Column("IDP User Name", field_of("providerUserName"), format="name"),
        Column("User Name", field_of("user", "name"), format="name"),
        Column("User UID", field_of("user", "uid")),
    ),
    selectable={
        "providerName": lambda obj: str(obj.get("providerName", "")),
        "providerUserName": lambda obj: str(obj.get("providerUserName", "")),
        "user.name": lambda obj: str((obj.get("user") or {}).get("name", "")),
        "user.uid": lambda obj: str((obj.get("user") or {}).get("uid", "")),
    },
)
GROUPS = Resource(
    GROUP,
    "v1",
    "groups",
    "group",
    "Group",
    namespaced=False,
    shape=kind_shape(
        "Group",
        {"users": schema.list_of(schema.text(), default=[], null=True, description="The names of its users.")},
        described="Some users together, for bindings.",
    ),
    columns=(NAME, Column("Users", _joined("users"))),
)


def user_name(text: str) -> list[str]:
    """Complaints about the name of a user: one that could be taken for one of the system's own is no name."""
    wrong = path_segment(text)
    if not wrong and ":" in text and not text.startswith("b64:"):
        wrong = ['usernames that contain ":" must begin with "b64:"']
    return wrong or ([f'may not equal "{MYSELF}"'] if text == MYSELF else [])


def group_name(text: str) -> list[str]:
    """Complaints about the name of a group: no colon, so that no login can put anybody into a group of the system."""
    wrong = path_segment(text)
    if not wrong and ":" in text:
        wrong = ['may not contain ":"']
    return wrong or ([f'may not equal "{MYSELF}"'] if text == MYSELF else [])


def identity_name(text: str) -> list[str]:
    """Complaints about the name of an identity: PROVIDER:NAME, or PROVIDER:b64:BASE64 of a name with odd letters."""
    wrong = path_segment(text)
    if wrong:
        return wrong
    parts = text.split(":")
    if len(parts) == 3 and parts[1] == "b64":
        del parts[1]
    if len(parts) != 2:
        return ["must be in the format <providerName>:<providerUserName>"]
    for part, label in zip(parts, ("providerName", "providerUserName"), strict=True):
        if not part:
            return [f"must be in the format <providerName>:<providerUserName> with a non-empty {label}"]
    return []


class UserRules(Rules):
    """A user has a good name and names identities; groups are told, never kept."""

    async def on_create(self, obj: Json, ask: Ask) -> Json:
        """A new user; raises StatusError (422)."""
        obj.pop("groups", None)
        name = obj["metadata"]["name"]
        errors = _named(name, user_name)
        for index, identity in enumerate(obj.get("identities") or ()):
            errors += [
                status.invalid_value(f"identities[{index}]", identity, wrong) for wrong in identity_name(identity)
            ]
        return _passed(USERS, obj, errors)

    async def on_update(self, new: Json, old: Json, ask: Ask) -> Json:
        """A changed user; raises StatusError (422)."""
        return await self.on_create(new, ask)


class IdentityRules(Rules):
    """An identity is named by its provider and its name there; both stay, and a user comes with their uid."""

    async def on_create(self, obj: Json, ask: Ask) -> Json:
        """A new identity; raises StatusError (422)."""
        return _passed(IDENTITIES, obj, _identity_errors(obj))

    async def on_update(self, new: Json, old: Json, ask: Ask) -> Json:
        """A changed identity; raises StatusError (422)."""
        errors = _identity_errors(new)
        errors += [
            status.invalid_value(name, new.get(name, ""), f"may not change {name}")
            for name in ("providerName", "providerUserName")
            if new.get(name) != old.get(name)
        ]
        return _passed(IDENTITIES, new, errors)


class GroupRules(Rules):
    """A group names users."""

    async def on_create(self, obj: Json, ask: Ask) -> Json:
        """A new group; raises StatusError (422)."""
        errors = _named(obj["metadata"]["name"], group_name)
        for index, user in enumerate(obj.get("users") or ()):
            wrong = user_name(user) if user else ["may not be empty"]
            errors += [status.invalid_value(f"user[{index}]", user, each) for each in wrong]
        return _passed(GROUPS, obj, errors)

    async def on_update(self, new: Json, old: Json, ask: Ask) -> Json:
        """A changed group; raises StatusError (422)."""
        return await self.on_create(new, ask)


class Identities(Collection):
    """The identities; their names follow from what is in them, so `oc create identity` sends none."""

    async def create(self, namespace: str, obj: Json, ask: Ask) -> Outcome:
        """A new identity; raises StatusError (422)."""
        metadata, parts = obj.get("metadata") or {}, [obj.get("providerName"), obj.get("providerUserName")]
        if not metadata.get("name") and all(parts):
            obj = {**obj, "metadata": {**metadata, "name": ":".join(map(str, parts))}}
        return await super().create(namespace, obj, ask)


class Users(Collection):
    """The users; the name `~` is whoever asks."""

    async def look(self, namespace: str, name: str, ask: Ask) -> Shown:
        """One user; for `~` with the groups of this request, whether or not there is an object for them."""
        return Shown.of(self._myself(ask)) if name == MYSELF else await super().look(namespace, name, ask)

    async def get(self, namespace: str, name: str, ask: Ask) -> Json:
        """`look`, decoded."""
        return self._myself(ask) if name == MYSELF else await super().get(namespace, name, ask)

    def _myself(self, ask: Ask) -> Json:
        user = ask.user
        if user.anonymous:
            raise status.forbidden(USERS.group_resource, MYSELF, "requests to ~ must be authenticated")
        found = None if user_name(user.name) else self.peek("", user.name)
        shown: Json = found or {"metadata": {"name": user.name, "creationTimestamp": None}, "identities": None}
        if user.uid:
            shown["metadata"]["uid"] = user.uid
        head = {"kind": USERS.kind, "apiVersion": USERS.api_version}
        return {**shown, **head, "groups": sorted(set(user.groups))}


def _named(name: str, rule: Callable[[str], list[str]]) -> list[FieldError]:
    return [status.invalid_value("metadata.name", name, wrong) for wrong in rule(name)]


def _identity_errors(obj: Json) -> list[FieldError]:
    name, provider, provider_user = obj["metadata"]["name"], obj.get("providerName"), obj.get("providerUserName")
    errors = _named(name, identity_name)
    if not provider:
        errors.append(status.required("providerName"))
    if not provider_user:
        errors.append(status.required("providerUserName"))
    if provider and provider_user and name != f"{provider}:{provider_user}":
        errors.append(status.invalid_value("metadata.name", name, f"must be {provider}:{provider_user}"))
    user = obj.get("user") or {}
    if bool(user.get("name")) != bool(user.get("uid")):
        field = "user.uid" if user.get("name") else "user.name"
        errors.append(status.required(field, "name and uid of the user go together"))
    if user.get("name"):
        errors += [status.invalid_value("user.name", user["name"], wrong) for wrong in user_name(user["name"])]
    return errors


def _passed(resource: Resource, obj: Json, errors: list[FieldError]) -> Json:
    if errors:
        raise status.invalid(resource.kind, GROUP, obj["metadata"].get("name", ""), errors)
    return obj
