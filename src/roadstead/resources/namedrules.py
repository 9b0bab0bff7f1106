"""The rules most kinds share: a name that can stand in DNS, and a status that is written apart; no I/O."""

from __future__ import annotations

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.resource import Resource
from roadstead.apimachinery.rules import Rules
from roadstead.base.values import Json
from roadstead.kube import names, status
from roadstead.kube.meta import NameRule
from roadstead.kube.status import FieldError


class NamedRules(Rules):
    """Refuses what `errors` finds wrong; a kind with more rules adds to it."""

    def __init__(self, resource: Resource, name_rule: NameRule = names.dns_subdomain) -> None:
        self.resource, self._name_rule = resource, name_rule
        self._keeps_status = resource.subresource("status") is not None

    async def on_create(self, obj: Json, ask: Ask) -> Json:
        """A new object; raises StatusError (422)."""
        return self._passed(self._with_status(obj, self.first_status(obj)), self.errors(obj, None))

    async def on_update(self, new: Json, old: Json, ask: Ask) -> Json:
        """A changed object; raises StatusError (422)."""
        return self._passed(self._with_status(new, old.get("status")), self.errors(new, old))

    def first_status(self, obj: Json) -> Json | None:
        """The status a new object starts with."""
        return None

    def _with_status(self, obj: Json, state: Json | None) -> Json:
        """The object with this status, whatever was sent: where status has a path of its own, it is written there."""
        if not self._keeps_status:
            return obj
        rest = {name: value for name, value in obj.items() if name != "status"}
        return rest if state is None else {**rest, "status": state}

    def errors(self, obj: Json, old: Json | None) -> list[FieldError]:
        """Everything wrong with an object; `old` is what it replaces. A name that is stored already is no news."""
        if old is not None:
            return []
        name = obj["metadata"]["name"]
        return [status.invalid_value("metadata.name", name, complaint) for complaint in self._name_rule(name)]

    def _passed(self, obj: Json, errors: list[FieldError]) -> Json:
        if errors:
            raise status.invalid(self.resource.kind, self.resource.group, obj["metadata"]["name"], errors)
        return obj
