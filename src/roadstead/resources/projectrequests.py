"""ProjectRequest: how somebody without rights over namespaces gets a project of their own."""

from __future__ import annotations

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection, View
from roadstead.apimachinery.resource import Resource
from roadstead.apimachinery.served import ListOptions, Outcome, Page
from roadstead.auth.bootstrap import role_binding
from roadstead.auth.users import Attributes
from roadstead.base.values import Json
from roadstead.kube import status
from roadstead.kube.status import GroupResource, StatusError
from roadstead.resources.namespaces import Namespaces
from roadstead.resources.plain.cells import text_at
from roadstead.resources.projects import DESCRIPTION, DISPLAY_NAME, GROUP, REQUESTER, name_errors, project_of
from roadstead.resources.shapes import shape_of

REQUESTS = Resource(
    GROUP,
    "v1",
    "projectrequests",
    "projectrequest",
    "ProjectRequest",
    False,
    shape=shape_of(GROUP, "ProjectRequest"),
    verbs=("create", "list"),
    stored=False,
    listed_as="Status",
)
PROJECT = GroupResource(GROUP, "project")
TAKEN_NAMES, TAKEN_PREFIXES = ("openshift", "kubernetes", "kube"), ("openshift-", "kubernetes-", "kube-")
NOT_ALLOWED = "You may not request a new project via this API."


class ProjectRequests(View):
    """Asked to create one, it makes the namespace and gives it to who asked."""

    resource = REQUESTS

    def __init__(self, namespaces: Namespaces, bindings: Collection) -> None:
        self._namespaces, self._bindings = namespaces, bindings

    async def page(self, namespace: str | None, options: ListOptions, ask: Ask) -> Page:
        """A Status that says the caller may request projects; raises StatusError (403) when they may not."""
        if not ask.may(Attributes(ask.user, "create", GROUP, REQUESTS.plural)).allowed:
            refusal = status.forbidden(GroupResource(GROUP, REQUESTS.singular), "", NOT_ALLOWED)
            # The sentence alone: `oc new-project` shows it to people.
            raise StatusError({**refusal.status, "message": NOT_ALLOWED})
        return Page([], answer=status.success())

    async def create(self, namespace: str, obj: Json, ask: Ask) -> Outcome:
        """The new project; raises StatusError (403, 409, 422)."""
        name = text_at(obj, "metadata", "name")
        shown, described = text_at(obj, "displayName"), text_at(obj, "description")
        annotations = {DISPLAY_NAME: shown, DESCRIPTION: described, REQUESTER: ask.user.name}
        metadata = {"name": name, "annotations": annotations}
        if errors := name_errors(metadata):
            raise status.invalid(REQUESTS.kind, GROUP, name, errors)
        self._refuse_taken(name)
        server = Ask.internal(ask.now, dry_run=ask.dry_run, url_resource=PROJECT)
        made = await self._namespaces.create("", {"metadata": metadata}, server)
        if not ask.dry_run:
            await self._give(name, ask, server)
            made = Outcome(await self._namespaces.get("", name, server))
        return Outcome(project_of(made.object), created=True)

    def _refuse_taken(self, name: str) -> None:
        if name in TAKEN_NAMES:
            raise status.forbidden(PROJECT, name, f'cannot request a project with the name "{name}"')
        for prefix in TAKEN_PREFIXES:
            if name.startswith(prefix):
                raise status.forbidden(PROJECT, name, f'cannot request a project starting with "{prefix}"')
        if self._namespaces.peek("", name) is not None:
            raise status.already_exists(PROJECT, name)

    async def _give(self, name: str, ask: Ask, server: Ask) -> None:
        """Makes who asked administrator of the project; without that, there shall be no project."""
        owner = {"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": ask.user.name}
        try:
            await self._bindings.create(name, role_binding(name, "admin", "admin", owner), server)
        except BaseException:
            await self._namespaces.delete("", name, server)
            raise
