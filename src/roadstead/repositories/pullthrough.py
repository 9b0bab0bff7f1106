"""Serves what lives in another registry, and keeps a copy (registry contract, section 12).

What may be asked for elsewhere is decided before this is called: a manifest in the stream's history, a blob of one of
its images. Nothing is believed that does not have the digest asked for, and no failure is remembered as content.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field

from roadstead.base.errors import Failure, StorageFull, StorageReadOnly, Unavailable
from roadstead.base.observe import Metrics, logger
from roadstead.blobs.store import BlobStore, DigestMismatch, OpenBlob, Uploads
from roadstead.oci.digest import Digest
from roadstead.oci.reference import RepositoryName
from roadstead.remote.client import RemoteManifest
from roadstead.remote.errors import Kind, RemoteFailure
from roadstead.repositories.contents import Contents
from roadstead.repositories.elsewhere import no_blob, no_manifest
from roadstead.repositories.leases import BlobLeases
from roadstead.repositories.passing import PassingBlob
from roadstead.repositories.provenance import Provenance
from roadstead.repositories.space import Room, Space, Turns
from roadstead.repositories.transfer import Transfer
from roadstead.repositories.upstreams import Asking, Upstream, Upstreams

QUESTIONS = 64
"""Manifests and sizes asked for elsewhere at once."""


@dataclass(frozen=True, slots=True)
class PullThroughOptions:
    """What the administrator decides: whether copies are kept, how many blobs come at once, and their bytes in all."""

    keep: bool = True
    fetches: int = 16
    space_bytes: int = 100 * 1024**3


_Wanted = tuple[Digest, tuple[str, ...]]
"""A blob, and the repositories elsewhere that it may come from: only who has the same may wait for the same fetch."""


def _wanted(asking: Asking) -> _Wanted:
    return asking.digest, asking.origins


@dataclass(eq=False, slots=True)
class _Job:
    """A blob on its way, started for one repository."""

    repository: RepositoryName
    transfer: Transfer | None = None
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    failure: Failure | None = None
    task: asyncio.Task[None] | None = None

    async def reader(self) -> OpenBlob | None:
        """The blob, as soon as its size is known; None once it is complete and kept. Raises Failure."""
        await self.begun.wait()
        if self.failure is None:
            assert self.transfer is not None
            if not self.transfer.ended:
                return self.transfer.reader()
            # Every byte is here, and what it is to be found by is being written.
            assert self.task is not None
            await asyncio.wait([self.task])
        if self.failure is not None:
            raise self.failure
        return None


class PullThrough:
    """One fetch for each digest and place it comes from, however many wait for it. A fetch goes on when they leave,
    for those who come next.
    """

    def __init__(
        self,
        upstreams: Upstreams,
        contents: Contents,
        storage: tuple[BlobStore, Uploads],
        leases: BlobLeases,
        metrics: Metrics,
        options: PullThroughOptions,
        provenance: Provenance,
    ) -> None:
        self._upstreams, self._contents, (self._blobs, self._uploads) = upstreams, contents, storage
        self._leases, self._metrics, self._options = leases, metrics, options
        self._provenance = provenance
        self._jobs: dict[_Wanted, _Job] = {}
        self._manifests: dict[tuple[RepositoryName, Digest], asyncio.Task[RemoteManifest | None]] = {}
        self._turns = Turns(options.fetches)
        self._space = Space(options.space_bytes)
        self._questions = Turns(QUESTIONS)

    async def close(self) -> None:
        """Ends what is on its way; nothing half fetched stays."""
        tasks = [job.task for job in self._jobs.values() if job.task is not None] + list(self._manifests.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def settled(self) -> None:
        """Until nothing is on its way."""
        while tasks := [job.task for job in self._jobs.values() if job.task is not None]:
            await asyncio.wait(tasks)

    # -- manifests

    async def manifest(self, repository: RepositoryName, digest: Digest) -> RemoteManifest | None:
        """A manifest of the stream from where its image lives, kept here; None when that is nowhere else.

        Raises OciError (section 12.1): TOOMANYREQUESTS, else OPENSHIFT_PULLTHROUGH_MANIFEST.
        """
        key = (repository, digest)
        if (task := self._manifests.get(key)) is None:
            task = self._manifests[key] = asyncio.create_task(self._fetch_manifest(repository, digest))
            task.add_done_callback(lambda done: self._manifest_ended(key, done))
        return await asyncio.shield(task)

    def _manifest_ended(self, key: tuple[RepositoryName, Digest], task: asyncio.Task[RemoteManifest | None]) -> None:
        self._manifests.pop(key, None)
        if not task.cancelled():
            task.exception()  # seen here, so that the loop does not report it when everybody has left

    async def _fetch_manifest(self, repository: RepositoryName, digest: Digest) -> RemoteManifest | None:
        asking = await self._upstreams.of(repository, digest)
        if asking is None:
            return None
        async with self._questions.turn(repository.namespace):
            for upstream in asking.upstreams:
                with suppress(RemoteFailure), self._upstreams.asked(asking, upstream, "ManifestService.Get"):
                    found = await upstream.registry.manifest(upstream.place.repository, str(digest))
                    if self._options.keep:
                        await self._keep_manifest(digest, found.body)
                    return found
        raise no_manifest(asking.reference, asking.failures)

    async def _keep_manifest(self, digest: Digest, body: bytes) -> None:
        """A copy; without one the manifest is served all the same (section 12.1, step 7)."""
        try:
            await self._blobs.put(digest, body)
        except Failure as failure:
            logger().warning("a manifest pulled through is not kept", digest=str(digest), why=failure.message)

    # -- blobs

    async def blob(self, repository: RepositoryName, digest: Digest) -> OpenBlob | None:
        """A blob of the stream from where its image lives, readable while it comes; None when that is nowhere else.

        Raises OciError (section 12.2): TOOMANYREQUESTS, UNAVAILABLE where asking again may help, else BLOB_UNKNOWN.
        """
        while True:
            asking = await self._upstreams.of(repository, digest)
            if asking is None:
                return None
            job = self._jobs.get(_wanted(asking))
            self._metrics.pullthrough_cache(hit=job is not None)
            if job is None:
                if not self._options.keep:
                    return await self._passing(repository, asking)
                if (kept := await self._kept(repository, digest)) is not None:
                    return kept
                job = self._jobs.get(_wanted(asking)) or self._start(repository, asking)
            try:
                if (reader := await job.reader()) is not None:
                    return reader
            except (StorageFull, StorageReadOnly):
                return await self._uncopied(repository, digest)
            except Failure:
                # What another namespace may not have, this one may: it has other keys.
                if job.repository == repository:
                    raise

    async def _kept(self, repository: RepositoryName, digest: Digest) -> OpenBlob | None:
        """The copy that is here, where it may be shown."""
        return await self._blobs.open(digest) if await self._provenance.vouched(repository, digest) else None

    async def size(self, repository: RepositoryName, digest: Digest) -> int | None:
        """The size of a blob of the stream, asked without fetching it; None when it came from nowhere else.

        Raises OciError as `blob` does.
        """
        asking = await self._upstreams.of(repository, digest)
        if asking is None:
            return None
        job = self._jobs.get(_wanted(asking))
        if job is not None and job.transfer is not None and job.transfer.size >= 0:
            return job.transfer.size
        async with self._questions.turn(repository.namespace):
            for upstream in asking.upstreams:
                with suppress(RemoteFailure), self._upstreams.asked(asking, upstream, "BlobStore.Stat"):
                    return await upstream.registry.stat_blob(upstream.place.repository, digest)
        raise no_blob(digest, asking.failures)

    async def bring(self, repository: RepositoryName, digest: Digest) -> None:
        """Fetches a blob of the stream to its end, for those who need it here; raises OciError when that fails."""
        opened = await self.blob(repository, digest) if self._options.keep else None
        if opened is None:
            return
        try:
            async for _ in opened.read(max(0, opened.size - 1)):
                pass
            tasks = [job.task for wanted, job in self._jobs.items() if wanted[0] == digest and job.task is not None]
            if tasks:
                await asyncio.wait(tasks)
        except ConnectionError:
            raise no_blob(digest, []) from None
        finally:
            opened.close()

    async def _uncopied(self, repository: RepositoryName, digest: Digest) -> OpenBlob | None:
        """Storage that takes no copy is no reason not to serve."""
        asking = await self._upstreams.of(repository, digest)
        return None if asking is None else await self._passing(repository, asking)

    async def _passing(self, repository: RepositoryName, asking: Asking) -> OpenBlob:
        size = await self._contents.blob_size(repository.namespace, repository.name, str(asking.digest))
        turn = AsyncExitStack()
        await turn.enter_async_context(self._turns.turn(repository.namespace))
        try:
            for upstream in asking.upstreams:
                with suppress(RemoteFailure), self._upstreams.asked(asking, upstream, "BlobStore.Get"):
                    return await PassingBlob.open(upstream, asking.digest, size, turn)
        except BaseException:
            await turn.aclose()
            raise
        await turn.aclose()
        raise no_blob(asking.digest, asking.failures)

    def _start(self, repository: RepositoryName, asking: Asking) -> _Job:
        job = self._jobs[_wanted(asking)] = _Job(repository)
        job.task = asyncio.create_task(self._run(job, asking))
        return job

    async def _run(self, job: _Job, asking: Asking) -> None:
        """The whole life of a fetch: however it ends, nothing of it is left but a blob that is whole."""
        try:
            async with self._turns.turn(job.repository.namespace):
                await self._fetch(job, asking)
        except Failure as failure:
            job.failure = failure
        except BaseException as fault:
            job.failure = Unavailable("the registry is stopping, or failed at this blob; try again")
            if not isinstance(fault, asyncio.CancelledError):
                logger().exception("a blob could not be pulled through", digest=str(asking.digest))
        finally:
            self._jobs.pop(_wanted(asking), None)
            if job.failure is not None and job.transfer is not None:
                await job.transfer.drop()
            job.begun.set()

    async def _fetch(self, job: _Job, asking: Asking) -> None:
        stated = await self._contents.blob_size(job.repository.namespace, job.repository.name, str(asking.digest))
        job.transfer = await Transfer.begin(asking.digest, self._uploads)
        async with self._space.reserved() as room:
            last = await self._take_all(job, asking, stated, room)
            try:
                await job.transfer.keep()
            except DigestMismatch as wrong:
                self._upstreams.shun(last.place, asking.digest)
                raise no_blob(asking.digest, [RemoteFailure(Kind.WRONG_DIGEST, wrong.message)]) from None
        await self._provenance.note(last.origin, asking.digest)
        self._leases.touch(asking.digest)
        job.begun.set()
        logger().info("kept a blob pulled through", digest=str(asking.digest), bytes=job.transfer.size)

    async def _take_all(self, job: _Job, asking: Asking, stated: int | None, room: Room) -> Upstream:
        """Every byte, from one place or from several in turn; the place that gave the last. Raises OciError."""
        for upstream in asking.upstreams:
            with suppress(RemoteFailure):
                await self._take(job, asking, upstream, stated, room)
                return upstream
        raise no_blob(asking.digest, asking.failures)

    async def _take(self, job: _Job, asking: Asking, upstream: Upstream, stated: int | None, room: Room) -> None:
        """What one place gives, from where the one before it ended; raises RemoteFailure."""
        transfer, repository = job.transfer, upstream.place.repository
        assert transfer is not None
        known = transfer.size if transfer.size >= 0 else stated
        with self._upstreams.asked(asking, upstream, "BlobStore.Get"):
            # Not verified on the way: all of it is hashed when it is written, whatever place it came from.
            got = upstream.registry.blob(repository, asking.digest, transfer.received, size=known, verify=False)
            async with got as blob:
                await room.take(blob.size)
                if blob.size is not None and transfer.size < 0:
                    transfer.size = blob.size
                    job.begun.set()
                await transfer.take(room.limited(blob.chunks, transfer.received))
