"""Who may say by whom an object is owned: an owner that is gone takes it along, so it is like deleting it; no I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadstead.apimachinery.ask import Ask
from roadstead.auth.users import Attributes
from roadstead.base.values import Json
from roadstead.kube import status

if TYPE_CHECKING:
    from roadstead.apimachinery.collection import Collection


def check(collection: Collection, new: Json, old: Json, ask: Ask) -> None:
    """Raises StatusError (403) when somebody changes the owners of an object they may not delete."""
    if _owners(new) == _owners(old):
        return
    resource, metadata = collection.resource, old["metadata"]
    namespace, name = metadata.get("namespace", ""), metadata["name"]
    decision = ask.may(Attributes(ask.user, "delete", resource.group, resource.plural, "", namespace, name))
    if not decision.allowed:
        why = f"cannot set an ownerRef on a resource you can't delete: {decision.reason}, <nil>"
        raise status.forbidden(collection.named_in_errors(ask), name, why)


def _owners(obj: Json) -> list[Json]:
    return obj["metadata"].get("ownerReferences") or []
