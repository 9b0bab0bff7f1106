"""The only file that knows every room: settings in, doors and background work out."""

from __future__ import annotations

import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.handlers import DoorSettings
from roadstead.apimachinery.http import ApiDoor
from roadstead.apimachinery.nonresource import Facts
from roadstead.app.access import audit_of, open_access
from roadstead.app.identity import Identity, Place, access_tokens, bootstrap_clients, identity
from roadstead.app.imports import import_loops, importer_maker, open_remotes
from roadstead.app.loops import Accounts, Loops, all_loops, holder_name
from roadstead.app.pullthrough import Elsewhere, elsewhere
from roadstead.app.storage import checks, file_log
from roadstead.auth import secretfile
from roadstead.auth.gate import Gate
from roadstead.base.audit import Audited, Write
from roadstead.base.background import Background
from roadstead.base.observe import Metrics, logger
from roadstead.base.settings import Settings
from roadstead.base.web import Handler
from roadstead.blobs.filesystem import FilesystemBlobs
from roadstead.blobs.store import BlobStore, Uploads
from roadstead.blobs.uploads import FilesystemUploads
from roadstead.controllers.event_expiry import EventExpiry
from roadstead.dataplane.admitted import Admitted
from roadstead.dataplane.blobs import BlobHandlers
from roadstead.dataplane.listings import ListingHandlers
from roadstead.dataplane.manifests import ManifestHandlers
from roadstead.dataplane.paths import Route
from roadstead.dataplane.plain import base_answer, metrics_answer
from roadstead.dataplane.routes import DoorOptions, RegistryDoor
from roadstead.dataplane.signatures import SignatureHandlers
from roadstead.dataplane.token import TokenHandler
from roadstead.dataplane.uploads import UploadHandlers
from roadstead.objects.compaction import Compactor
from roadstead.objects.sealing import SealedLog
from roadstead.objects.store import Store
from roadstead.remote.authfiles import chosen_files
from roadstead.remote.session import Remotes
from roadstead.repositories.delete import Delete
from roadstead.repositories.leases import BlobLeases
from roadstead.repositories.links import Links
from roadstead.repositories.listing import Repositories
from roadstead.repositories.pull import ManifestCache, Pull
from roadstead.repositories.pullthrough import PullThrough
from roadstead.repositories.push import Push, PushOptions
from roadstead.repositories.referrers import Referrers
from roadstead.repositories.uploads import UploadSessions
from roadstead.resources import kinds as all_kinds
from roadstead.resources import plain
from roadstead.resources.bootstrap import Installation, bootstrap_objects
from roadstead.resources.kinds import Kinds
from roadstead.resources.streamrules import StreamSettings

STORAGE_THREADS = 16
EXPIRY_SECONDS = 60.0
"""Time between two looks for events to forget."""
LEFTOVER_AGE = timedelta(hours=1)
"""Where several servers share a folder, what is younger than this may be the work of another one."""


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Doors:
    """Both doors; who answers requests asks them with their audit around them."""

    registry: RegistryDoor
    api: ApiDoor
    audit: Write

    def audited_registry(self) -> Handler:
        """What answers requests to the registry."""
        return Audited(self.registry, "registry", self.audit)

    def audited_api(self) -> Handler:
        """What answers requests to the API."""
        return Audited(self.api, "api", self.audit)


@dataclass(frozen=True)
class App:
    """Everything that answers or works, without sockets."""

    doors: Doors
    gate: Gate
    store: Store
    log: SealedLog
    kinds: Kinds
    blobs: FilesystemBlobs
    uploads: FilesystemUploads
    metrics: Metrics
    settings: Settings
    loops: Loops
    remotes: Remotes
    pullthrough: PullThrough | None
    persons: Identity
    installation: Installation

    @property
    def registry(self) -> RegistryDoor:
        """The registry's door."""
        return self.doors.registry

    @property
    def api(self) -> ApiDoor:
        """The API's door."""
        return self.doors.api

    async def recover(self) -> None:
        """Makes good what a crash left behind, and writes the roles an installation starts with. Raises Failure."""
        await self.log.check()
        untouched = utc_now() - LEFTOVER_AGE if self.settings.objects.url else None
        swept = await self.blobs.recover(untouched) + await self.uploads.recover(untouched)
        if swept:
            logger().info("removed what an interrupted write left behind", files=swept)
        await bootstrap_objects(self.kinds, self.installation, Ask.internal(utc_now()))
        await bootstrap_clients(self.kinds, Ask.internal(utc_now()))
        await self.kinds.custom.load(self.api.serve)
        await self.gate.refresh()

    def start_background(self, background: Background) -> None:
        """The work that comes round by itself."""
        background.every(self.settings.uploads.sweep_seconds, "sweep uploads", self._sweep_uploads)
        self.persons.start(background)
        objects = self.settings.objects
        keep = timedelta(seconds=objects.keep_changes_seconds)
        compactor = Compactor(self.store, keep, objects.keep_replaced_bytes, utc_now)
        background.every(objects.compact_seconds, "compact the log", compactor.step)
        expiry = EventExpiry(self.kinds.plain(plain.EVENTS), timedelta(seconds=objects.event_seconds), utc_now)
        background.every(EXPIRY_SECONDS, "forget old events", expiry.step)
        background.every(objects.renew_seconds, "encrypt secrets anew", self._renew_secrets)
        self.loops.start(background)

    async def _sweep_uploads(self) -> None:
        if self.settings.registry.read_only:
            return
        dropped = await self.uploads.sweep(utc_now() - timedelta(seconds=self.settings.uploads.idle_seconds))
        if dropped:
            logger().info("dropped idle uploads", uploads=len(dropped))

    async def _renew_secrets(self) -> None:
        renewed = await self.log.renew()
        if renewed:
            logger().info("encrypted secrets with the current key", objects=renewed)

    async def close(self) -> None:
        """Finishes writes and lets the storage go."""
        if self.pullthrough is not None:
            await self.pullthrough.close()
        await self.persons.close()
        await self.remotes.close()
        await self.store.close()


def build(settings: Settings, folder: Path, hostname: str, log: SealedLog | None = None) -> App:
    """The app over a data folder. `hostname` is what image references name when no setting does.

    `log` is what `open_log` gave; without it, the objects are in a file of the folder.
    """
    executor = ThreadPoolExecutor(STORAGE_THREADS, thread_name_prefix="storage")
    log = log or file_log(folder)
    store = Store(log, watch_queue=settings.limits.watch_queue)
    blobs = FilesystemBlobs(folder, executor)
    uploads = FilesystemUploads(blobs, shared=bool(settings.objects.url))
    tokens = access_tokens(settings, store)
    access = open_access(settings, folder, store, tokens)
    gate = access.gate
    metrics = Metrics()
    reached = {hostname, settings.registry.hostname, *settings.registry.external_hostnames}
    hostname = settings.registry.hostname or hostname
    streams, remotes = _stream_settings(settings, hostname), open_remotes(settings)
    importer = importer_maker(settings, remotes)
    kinds = all_kinds.build(store, lambda: gate.rules, streams, access.desk, importer, gate.rules_in_force)
    persons = identity(settings, store, kinds, tokens, Place(folder, utc_now, hostname))
    gate.passwords = persons.logins
    secret = secretfile.read_or_make(folder / "tls" / "uploads.key", lambda: secrets.token_hex(32).encode())
    source = elsewhere(settings, reached, remotes, metrics)
    rooms = _rooms(settings, hostname, store, (blobs, uploads), kinds, secret, source)
    kinds.mappings.withholds = rooms.pull.withholds
    registry = _registry_door(settings, rooms, kinds, gate, metrics)
    door_settings = DoorSettings(body_bytes=settings.limits.api_body_bytes)
    facts = Facts(health=checks(store, folder), metrics=metrics.exposition, documents=access.documents)
    api = ApiDoor(kinds.served, gate, settings=door_settings, facts=facts, open_pages=persons.pages)
    seconds = settings.access.pull_secret_seconds
    accounts = Accounts(access.desk.tokens, sorted(reached - {""}), folder / "ca.crt", seconds)
    holder = holder_name(hostname, shared=bool(settings.objects.url))
    loops = all_loops(kinds, holder, accounts, import_loops(settings, kinds, metrics, remotes))
    installation = Installation(hostname, settings.registry.external_hostnames, settings.images.import_mode)
    outward = (remotes, rooms.pullthrough, persons, installation)
    doors = Doors(registry, api, audit_of(settings, folder))
    return App(doors, gate, store, log, kinds, blobs, uploads, metrics, settings, loops, *outward)


def _stream_settings(settings: Settings, hostname: str) -> StreamSettings:
    external = settings.registry.external_hostnames
    allowed = tuple(settings.images.allowed_registries)
    files = tuple(chosen_files(settings.images.auth_files, os.environ, Path.home()))
    shown = external[0] if external else ""
    return StreamSettings(hostname, shown, settings.images.import_mode, allowed, files)


@dataclass(frozen=True)
class Rooms:
    """What push and pull are made of."""

    links: Links
    pull: Pull
    push: Push
    delete: Delete
    sessions: UploadSessions
    repositories: Repositories
    referrers: Referrers
    pullthrough: PullThrough | None


def _rooms(
    settings: Settings,
    hostname: str,
    store: Store,
    storage: tuple[BlobStore, Uploads],
    kinds: Kinds,
    secret: bytes,
    source: Elsewhere,
) -> Rooms:
    (blobs, uploads), registry, contents = storage, settings.registry, kinds.contents
    links, leases = Links(store), BlobLeases(timedelta(seconds=registry.blob_grace_seconds), utc_now)
    cache = ManifestCache(registry.manifest_cache_bytes)
    foreign = source(kinds, storage, leases, links)
    pull = Pull(blobs, links, contents, cache, leases, manifest_bytes=registry.manifest_bytes, foreign=foreign)
    options = PushOptions(hostname, registry.config_bytes, registry.sparse_images)
    push = Push(blobs, links, kinds.arrivals, pull, options)
    delete = Delete(blobs, links, contents, kinds.stream_tags, cache, leases, enabled=registry.deletes)
    sessions = UploadSessions(uploads, links, leases, secret, kinds.limits.largest_image)
    listed = Repositories(store, contents)
    referrers = Referrers(links, pull, foreign.companions)
    return Rooms(links, pull, push, delete, sessions, listed, referrers, foreign.elsewhere)


def _registry_door(settings: Settings, rooms: Rooms, kinds: Kinds, gate: Gate, metrics: Metrics) -> RegistryDoor:
    registry = settings.registry
    options = DoorOptions(registry.trust_forwarded, registry.read_only, registry.metrics)
    door = RegistryDoor(gate, TokenHandler(gate), metrics, options)

    def ask_of(admitted: Admitted) -> Ask:
        return Ask(user=admitted.user, now=utc_now(), may=gate.decide)

    manifests = ManifestHandlers(rooms.pull, rooms.push, rooms.delete, ask_of, registry.manifest_bytes)
    blobs = BlobHandlers(rooms.pull, rooms.delete)
    uploads = UploadHandlers(rooms.sessions, rooms.pull, rooms.links, door.may_pull)
    listings = ListingHandlers(rooms.repositories, rooms.referrers, registry.catalog_entries)
    signatures = SignatureHandlers(kinds.images, kinds.signatures, rooms.pull, ask_of)
    door.answers.update(
        {
            (Route.BASE, "GET"): base_answer,
            (Route.METRICS, "GET"): metrics_answer(metrics),
            (Route.CATALOG, "GET"): listings.catalog,
            (Route.TAGS, "GET"): listings.tags,
            (Route.REFERRERS, "GET"): listings.referrers,
            (Route.MANIFEST, "GET"): manifests.get,
            (Route.MANIFEST, "PUT"): manifests.put,
            (Route.MANIFEST, "DELETE"): manifests.delete,
            (Route.BLOB, "GET"): blobs.get,
            (Route.BLOB, "DELETE"): blobs.unlink,
            (Route.ADMIN_BLOB, "DELETE"): blobs.destroy,
            (Route.UPLOADS, "POST"): uploads.start,
            (Route.UPLOAD, "GET"): uploads.status,
            (Route.UPLOAD, "PATCH"): uploads.append,
            (Route.UPLOAD, "PUT"): uploads.finish,
            (Route.UPLOAD, "DELETE"): uploads.cancel,
            (Route.SIGNATURES, "GET"): signatures.get,
            (Route.SIGNATURES, "PUT"): signatures.put,
        }
    )
    return door
