"""UserIdentityMapping: the link between an identity and a user, as an object of its own (user.openshift.io/v1)."""

from __future__ import annotations

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection, Outcome, View, commit
from roadstead.apimachinery.resource import Column, Resource
from roadstead.base.values import Json
from roadstead.kube import schema, status
from roadstead.kube.objectmeta import OBJECT_REFERENCE, kind_shape
from roadstead.kube.status import FieldError
from roadstead.resources.plain import NAME, field_of
from roadstead.resources.users import GROUP

_REFERENCE = schema.object_of(OBJECT_REFERENCE, default={})
USER_IDENTITY_MAPPINGS = Resource(
    GROUP,
    "v1",
    "useridentitymappings",
    "useridentitymapping",
    "UserIdentityMapping",
    namespaced=False,
    verbs=("create", "delete", "get", "patch", "update"),
    shape=kind_shape(
        "UserIdentityMapping", {"identity": _REFERENCE, "user": _REFERENCE}, described="Ties an identity to a user."
    ),
    columns=(
        NAME,
        Column("Identity", field_of("identity", "name")),
        Column("User Name", field_of("user", "name")),
        Column("User UID", field_of("user", "uid")),
    ),
    stored=False,
    unconditional_update=True,
)


def is_linked(user: Json, identity: Json) -> bool:
    """Whether a user and an identity name each other; a user made anew under the old name has another uid."""
    meta, named = user["metadata"], identity.get("user") or {}
    same = named.get("name") == meta["name"] and named.get("uid") == meta.get("uid")
    return same and identity["metadata"]["name"] in (user.get("identities") or ())


class UserIdentityMappings(View):
    """Reads and changes both sides of the link together."""

    resource = USER_IDENTITY_MAPPINGS

    def __init__(self, users: Collection, identities: Collection) -> None:
        self._users, self._identities = users, identities

    async def get(self, namespace: str, name: str, ask: Ask) -> Json:
        """The mapping of an identity; raises StatusError (404) where the two do not name each other."""
        found = self._linked(name)
        if found is None:
            raise status.not_found(self.resource.group_resource, name)
        return _mapping(*found)

    async def create(self, namespace: str, obj: Json, ask: Ask) -> Outcome:
        """Links an identity that has no user; raises StatusError (409, 422)."""
        name = obj["metadata"].get("name") or (obj.get("identity") or {}).get("name", "")
        if self._linked(name) is not None:
            raise status.already_exists(self.resource.group_resource, name)
        return await self._link(name, obj, ask, created=True)

    async def update(self, namespace: str, name: str, obj: Json, ask: Ask) -> Outcome:
        """Links an identity to another user, or anew; raises StatusError (409, 422)."""
        found = self._linked(name)
        seen = obj["metadata"].get("resourceVersion")
        if found is not None and seen and seen != found[1]["metadata"]["resourceVersion"]:
            why = f"the resource was updated to {found[1]['metadata']['resourceVersion']}"
            raise status.conflict(self.resource.group_resource, name, why)
        return await self._link(name, obj, ask, created=found is None)

    async def delete(self, namespace: str, name: str, ask: Ask) -> Json:
        """Takes the link away; user and identity stay. Raises StatusError (404)."""
        found = self._linked(name)
        if found is None:
            raise status.not_found(self.resource.group_resource, name)
        user, identity = found
        without = [each for each in user["identities"] if each != name]
        await commit(
            [
                await self._users.stage_update({**user, "identities": without}, ask),
                await self._identities.stage_update({**identity, "user": {}}, ask),
            ]
        )
        return status.success()

    def _linked(self, name: str) -> tuple[Json, Json] | None:
        identity = self._identities.peek("", name)
        named = (identity or {}).get("user") or {}
        user = self._users.peek("", named["name"]) if named.get("name") else None
        return (user, identity) if user and identity and is_linked(user, identity) else None

    async def _link(self, name: str, obj: Json, ask: Ask, *, created: bool) -> Outcome:
        user_name = (obj.get("user") or {}).get("name", "")
        identity_name = (obj.get("identity") or {}).get("name", "")
        identity, user = self._identities.peek("", name), self._users.peek("", user_name) if user_name else None
        errors: list[FieldError] = []
        if identity_name != name:
            errors.append(status.invalid_value("identity.name", identity_name, "must match metadata.name"))
        elif identity is None:
            errors.append(status.invalid_value("identity.name", name, "referenced identity does not exist"))
        if not user_name:
            errors.append(status.required("user.name"))
        elif user is None:
            errors.append(status.invalid_value("user.name", user_name, "referenced user does not exist"))
        if errors or identity is None or user is None:
            raise status.invalid(self.resource.kind, GROUP, name, errors)
        staged = [await self._identities.stage_update({**identity, "user": _reference(user)}, ask)]
        names = user.get("identities") or []
        if name not in names:
            staged.append(await self._users.stage_update({**user, "identities": [*names, name]}, ask))
        before = (identity.get("user") or {}).get("name", "")
        old = self._users.peek("", before) if before and before != user_name else None
        if old is not None and name in (old.get("identities") or ()):
            rest = [each for each in old["identities"] if each != name]
            staged.append(await self._users.stage_update({**old, "identities": rest}, ask))
        written = await commit(staged)
        return Outcome(_mapping(user, written[0]), created=created)


def _reference(user: Json) -> Json:
    return {"name": user["metadata"]["name"], "uid": user["metadata"]["uid"]}


def _mapping(user: Json, identity: Json) -> Json:
    """The link as clients see it; its version is the identity's."""
    meta = identity["metadata"]
    kept = {key: meta[key] for key in ("name", "uid", "resourceVersion", "creationTimestamp") if key in meta}
    return {
        "kind": USER_IDENTITY_MAPPINGS.kind,
        "apiVersion": USER_IDENTITY_MAPPINGS.api_version,
        "metadata": kept,
        "identity": {"name": meta["name"], "uid": meta.get("uid", "")},
        "user": _reference(user),
    }
