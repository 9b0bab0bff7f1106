"""The only way in: who calls, and may they? Nothing behind this door is reached without an `Admitted`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from roadstead.apimachinery.paths import Target
from roadstead.auth.users import Attributes, Decision, Refused, User, refusal
from roadstead.base.audit import note
from roadstead.base.web import Headers, Request
from roadstead.kube import selectors, status
from roadstead.kube.selectors import BadSelector
from roadstead.kube.status import GroupResource, StatusError


class Gate(Protocol):
    """What the door asks of `auth.gate.Gate`."""

    async def authenticate(self, request: Request) -> User: ...
    def impersonate(self, user: User, headers: Headers) -> User: ...
    def decide(self, attributes: Attributes) -> Decision: ...


@dataclass(frozen=True, slots=True)
class Admitted:
    """A caller who may do what the target says. Made by `admit` alone; every handler asks for one."""

    user: User
    target: Target


async def admit(gate: Gate, request: Request, target: Target) -> Admitted:
    """Recognises the caller and asks whether they may; raises StatusError (401, 403), before anything is looked up."""
    told = not target.resource.endswith("reviews")  # asking changes nothing
    if told:
        _note(request, target)
    caller = await gate.authenticate(request)
    try:
        user = gate.impersonate(caller, request.headers)
    except Refused as refused:
        if told:
            note(request, user=caller.name, decision="forbid", reason=refused.reason)
        raise _forbidden(refused.attributes) from None
    attributes = attributes_of(user, target, request)
    decision = gate.decide(attributes)
    if told:
        by = "" if user is caller else caller.name
        word = "allow" if decision.allowed else "forbid"
        note(request, user=user.name, impersonated_by=by, decision=word, reason=decision.reason)
    if not decision.allowed:
        raise _forbidden(attributes)
    return Admitted(user, target)


def _note(request: Request, target: Target) -> None:
    """What is asked for, before anybody knows by whom."""
    note(
        request,
        verb=target.verb,
        group=target.group,
        resource=target.resource,
        subresource=target.subresource,
        namespace=target.namespace,
        name=target.name,
        path="" if target.is_resource else target.path,
        decision="unauthenticated",
    )


def attributes_of(user: User, target: Target, request: Request) -> Attributes:
    """What the gate is asked about a request."""
    if not target.is_resource:
        return Attributes(user, target.verb, path=target.path)
    return Attributes(
        user,
        target.verb,
        target.group,
        target.resource,
        target.subresource,
        target.namespace,
        target.name or _selected_name(target, request),
    )


def _selected_name(target: Target, request: Request) -> str:
    """A list that can only ever show one object may be granted by that object's name."""
    if target.verb not in ("list", "watch", "deletecollection"):
        return ""
    text = request.query_value("fieldSelector")
    try:
        return (selectors.parse_fields(text).exact("metadata.name") or "") if text else ""
    except BadSelector:
        return ""


def _forbidden(attributes: Attributes) -> StatusError:
    resource = GroupResource(attributes.group, attributes.resource)
    return status.forbidden(resource, attributes.name, refusal(attributes))
