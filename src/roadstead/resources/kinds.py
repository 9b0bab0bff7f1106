"""Every kind our API has, made and put together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from roadstead.apimachinery.collection import Collection
from roadstead.apimachinery.resource import Resource
from roadstead.apimachinery.served import Served
from roadstead.auth.rbac import Rules as Policy
from roadstead.importing.importer import Importer
from roadstead.kube.status import GroupResource
from roadstead.objects.store import Store
from roadstead.remote.authfiles import AuthFiles
from roadstead.repositories.arrivals import Arrivals
from roadstead.repositories.contents import Contents
from roadstead.repositories.sources import Books, Sources
from roadstead.resources import plain
from roadstead.resources.allowedregistries import IMAGE_CONFIG, AllowedRegistries
from roadstead.resources.appliedquotas import AppliedQuotas
from roadstead.resources.customkinds import CustomKinds
from roadstead.resources.images import IMAGES, ImageRules
from roadstead.resources.imagesignatures import ImageSignatures
from roadstead.resources.imagestreamimages import ImageStreamImages
from roadstead.resources.imagestreamimports import ImageStreamImports
from roadstead.resources.imagestreammappings import ImageStreamMappings
from roadstead.resources.imagestreams import ImageStreams
from roadstead.resources.imagestreamtags import ImageStreamTags
from roadstead.resources.imagetags import ImageTags
from roadstead.resources.importtargets import ImportTargets
from roadstead.resources.limits import Limits
from roadstead.resources.namespaces import Namespaces
from roadstead.resources.openshiftreviews import openshift_reviews
from roadstead.resources.people import People, people
from roadstead.resources.plaincollections import earlier_versions, plain_collections
from roadstead.resources.projectrequests import ProjectRequests
from roadstead.resources.projects import Projects, Rights
from roadstead.resources.quotas import Quotas
from roadstead.resources.reviews import reviews
from roadstead.resources.serviceaccounts import ServiceAccounts, TokenDesk
from roadstead.resources.streamrules import StreamSettings
from roadstead.resources.tokenreviews import TokenReviews


@dataclass(frozen=True, slots=True)
class Kinds:
    """The kinds by name, and those that other rooms work with."""

    served: dict[GroupResource, Served]
    namespaces: Namespaces
    images: Collection
    streams: ImageStreams
    stream_tags: ImageStreamTags
    signatures: ImageSignatures
    mappings: ImageStreamMappings
    contents: Contents
    arrivals: Arrivals
    limits: Limits
    quotas: Quotas
    sources: Sources
    people: People
    imports: ImageStreamImports
    custom: CustomKinds

    def plain(self, resource: Resource) -> Collection:
        """The collection of a plain kind."""
        found = self.served[resource.group_resource]
        if not isinstance(found, Collection):
            raise TypeError(f"{resource.plural} is not a plain kind")
        return found


def build(
    store: Store,
    policy: Callable[[], Policy],
    settings: StreamSettings,
    desk: TokenDesk,
    importer: Callable[[Sources], Importer],
    rights: Rights | None = None,
) -> Kinds:
    """All kinds over one store. `policy` gives the roles and bindings in force, for who hands out rights; `rights`
    takes changed ones in first, for watches; `importer` makes what looks into other registries, given places and keys.
    """
    namespaces = Namespaces(store)
    stored = plain_collections(store, policy, namespaces.check)
    bounds = (plain.RESOURCE_QUOTAS.group_resource, plain.CLUSTER_RESOURCE_QUOTAS.group_resource)
    quotas = Quotas(store, *(stored[each] for each in bounds))
    limits = Limits(store, quotas)
    accounts = ServiceAccounts(store, desk, stored, namespaces.check)
    stored[accounts.resource.group_resource] = accounts
    allowing = AllowedRegistries(settings.allowed_registries, settings.internal_registry, stored.get(IMAGE_CONFIG))
    settings = replace(settings, allowing=allowing)
    sources = Sources(Books.among(stored), AuthFiles(settings.auth_files))
    images = Collection(IMAGES, store, ImageRules())
    secrets = stored[plain.SECRETS.group_resource]
    streams = ImageStreams(store, settings, limits, images=images, secrets=secrets, namespace_check=namespaces.check)
    contents = Contents(store, images, streams)
    arrivals = Arrivals(store, images, streams, rules=streams.stream_rules, limit=limits)
    stream_tags, signatures = ImageStreamTags(streams, images), ImageSignatures(images)
    mappings = ImageStreamMappings(arrivals, settings.internal_registry, namespaces.check)
    targets = ImportTargets(streams, images)
    imports = ImageStreamImports(importer(sources), targets, limits, settings, namespaces.check)
    views: tuple[Served, ...] = (
        stream_tags,
        signatures,
        ImageTags(streams, images),
        ImageStreamImages(streams, images),
        mappings,
        imports,
        *reviews(policy),
        *openshift_reviews(policy),
        Projects(namespaces, rights or _as_they_are(policy)),
        AppliedQuotas(quotas),
        ProjectRequests(namespaces, stored[plain.ROLE_BINDINGS.group_resource]),
        TokenReviews(desk.tokens, desk.user_of_token),
    )
    persons = people(store)
    everything: tuple[Served, ...] = (namespaces, *stored.values(), images, streams, *persons.served(), *views)
    served = {each.resource.group_resource: each for each in everything}
    earlier = earlier_versions(store, namespaces.check)
    custom = CustomKinds(store, namespaces.check, served, earlier)
    custom.bound = quotas.bound
    namespaces.content = lambda: [
        each for each in served.values() if isinstance(each, Collection) and each.resource.namespaced
    ]
    quotas.bound(each for each in (*stored.values(), *earlier, streams) if each.resource.namespaced)
    found = (contents, arrivals, limits, quotas, sources, persons, imports, custom)
    return Kinds(served, namespaces, images, streams, stream_tags, signatures, mappings, *found)


def _as_they_are(policy: Callable[[], Policy]) -> Rights:
    async def in_force() -> Policy:
        return policy()

    return in_force
