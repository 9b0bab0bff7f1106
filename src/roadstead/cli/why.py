"""`roadstead auth why`: may they, because of what, and what would change it, from the server's own gate."""

from __future__ import annotations

import re
from dataclasses import dataclass

import click
import uvloop

from roadstead.auth.policy import objects, part, text, texts
from roadstead.auth.users import (
    ANONYMOUS_NAME,
    AUTHENTICATED,
    PEOPLE,
    UNAUTHENTICATED,
    service_account,
    service_account_of,
)
from roadstead.base.errors import Invalid
from roadstead.base.values import Json
from roadstead.cli.api import Api, Refused
from roadstead.cli.kubeconfig import Connection

NO = 1
SHORT, MYSELF = "sa:", "me"
_DANGLING = re.compile(r"; (?=(?:Cluster)?RoleBinding \")")
"""What the server adds about a binding whose role is not there."""


@dataclass(frozen=True, slots=True)
class Question:
    """Who wants to do what, as typed: RESOURCE[/SUBRESOURCE][.GROUP][/NAME], or a path that begins with a slash."""

    user: str
    verb: str
    target: str
    namespace: str
    groups: tuple[str, ...] = ()


def run(to: Connection, question: Question) -> int:
    """Prints the answer; the exit status is 0 for yes and 1 for no."""
    return uvloop.run(_run(to, question))


async def _run(to: Connection, question: Question) -> int:
    _tell_layers(question.verb)
    async with Api(to) as api:
        if question.user == MYSELF:
            return await _about_me(api, question)
        user, groups = await _who(api, question)
        spec: Json = {"user": user, "groups": groups, **await _asked(api, question)}
        place = part(spec, "resourceAttributes").get("namespace")
        # Whoever administers a namespace may ask about it, though not about the cluster.
        within = f"/namespaces/{place}/localsubjectaccessreviews" if place else "/subjectaccessreviews"
        review = await api.create(f"/apis/authorization.k8s.io/v1{within}", {"spec": spec})
    said = review["status"]
    click.echo(_answer(user, groups, said))
    return 0 if said.get("allowed") else NO


async def _about_me(api: Api, question: Question) -> int:
    """Everybody may ask about themselves."""
    me = (await api.create("/apis/authentication.k8s.io/v1/selfsubjectreviews", {"metadata": {}}))["status"]["userInfo"]
    spec = await _asked(api, question)
    review = await api.create("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {"spec": spec})
    click.echo(_answer(text(me, "username"), list(texts(me.get("groups"))), review["status"]))
    return 0 if review["status"].get("allowed") else NO


async def _asked(api: Api, question: Question) -> Json:
    if question.target.startswith("/"):
        return {"nonResourceAttributes": {"verb": question.verb, "path": question.target}}
    return {"resourceAttributes": await _resource(api, question)}


def _tell_layers(verb: str) -> None:
    """Says what pulling and pushing are called in the words of the rules."""
    if needed := {"pull": "get", "push": "update"}.get(verb):
        click.echo(f"to {verb} is to {needed} imagestreams/layers; -n names the namespace of the stream", err=True)


def _answer(user: str, groups: list[str], said: Json) -> str:
    reason = text(said, "reason")
    shown = f"as {user}, in the groups: {', '.join(groups) or 'none'}"
    if said.get("allowed"):
        return f"yes\n  {reason}\n  {shown}"
    reason, *dangling = _DANGLING.split(reason, maxsplit=1)
    missing, grant, command = reason.partition(" with: ")
    missing = missing.removesuffix("; grant it").removesuffix("; log in first, or open it to everyone")
    lines = ["no", *(f"  {line}" for line in (missing, *dangling, shown))]
    return "\n".join([*lines, "", "This would allow it:", f"  {command}"] if grant else lines)


async def _who(api: Api, question: Question) -> tuple[str, list[str]]:
    """The user name, and the groups they are in: those that come by themselves, those of the API, those named."""
    name = question.user
    if name.startswith(SHORT):
        namespace, slash, account = name.removeprefix(SHORT).partition("/")
        if not slash or not account:
            raise Invalid(f"write a service account as {SHORT}NAMESPACE/NAME, not {name!r}")
        name = service_account(namespace, account).name
    found = service_account_of(name)
    if found:
        groups = list(service_account(*found).groups)
    elif name in (ANONYMOUS_NAME, "anonymous"):
        name, groups = ANONYMOUS_NAME, [UNAUTHENTICATED]
    else:
        groups = [AUTHENTICATED, PEOPLE, *await _groups_of(api, name)]
    return name, list(dict.fromkeys([*groups, *question.groups]))


async def _groups_of(api: Api, name: str) -> list[str]:
    try:
        listing = await api.get("/apis/user.openshift.io/v1/groups")
    except Refused:
        return []  # who may not list groups names them with --group
    return [each["metadata"]["name"] for each in objects(listing.get("items")) if name in texts(each.get("users"))]


async def _resource(api: Api, question: Question) -> Json:
    """The attributes of the question; a namespace counts for what lives in one."""
    plural, _, rest = question.target.partition(".")
    group, _, name = rest.partition("/")
    plural, _, sub = plural.partition("/")
    found = await _found(api, plural, group)
    wanted = {"verb": question.verb, "group": found.group, "resource": found.plural}
    place = question.namespace if found.namespaced else ""
    return {**wanted, "subresource": sub, "name": name, "namespace": place}


@dataclass(frozen=True, slots=True)
class _Kind:
    plural: str
    group: str
    namespaced: bool = True


async def _found(api: Api, named: str, group: str) -> _Kind:
    """A resource by any of its names; what no group serves is taken as it was typed."""
    for group_version, path in await _versions(api):
        served = group_version.rpartition("/")[0]
        if group not in ("", served):
            continue
        for each in objects((await api.get(path)).get("resources")):
            names = (text(each, "name"), text(each, "singularName"), *texts(each.get("shortNames")))
            if named.lower() in names:
                return _Kind(text(each, "name"), served, each.get("namespaced") is True)
    there = f"{named}.{group}" if group else named
    click.echo(f"the server has no resource {there}; `kubectl api-resources` lists them", err=True)
    return _Kind(named, group)


async def _versions(api: Api) -> list[tuple[str, str]]:
    groups = objects((await api.get("/apis")).get("groups"))
    preferred = [text(part(each, "preferredVersion"), "groupVersion") for each in groups]
    return [("v1", "/api/v1"), *((each, f"/apis/{each}") for each in preferred)]
