"""What pull-through is made of: settings, other registries and what the cluster says of them."""

from __future__ import annotations

from collections.abc import Callable, Collection

from roadstead.base.observe import Metrics
from roadstead.base.settings import Settings
from roadstead.blobs.store import BlobStore, Uploads
from roadstead.remote.session import Remotes
from roadstead.repositories.companions import Companions
from roadstead.repositories.leases import BlobLeases
from roadstead.repositories.links import Links
from roadstead.repositories.provenance import Provenance
from roadstead.repositories.pull import Foreign
from roadstead.repositories.pullthrough import PullThrough, PullThroughOptions
from roadstead.repositories.upstreams import Upstreams
from roadstead.resources.kinds import Kinds

Elsewhere = Callable[[Kinds, tuple[BlobStore, Uploads], BlobLeases, Links], Foreign]


def elsewhere(settings: Settings, names: Collection[str], remotes: Remotes, metrics: Metrics) -> Elsewhere:
    """Makes pull-through, or nothing where it is switched off, and the rule of who may see its copies.

    `names` (host[:port]) are those of this registry.
    """
    chosen, registry = settings.pullthrough, settings.registry
    own = frozenset(name.lower() for name in names if name)
    # What the registry may not change, it may not fill with copies either (registry contract, section 12.2).
    options = PullThroughOptions(chosen.keep and not registry.read_only, chosen.fetches, chosen.space_bytes)

    def make(kinds: Kinds, storage: tuple[BlobStore, Uploads], leases: BlobLeases, links: Links) -> Foreign:
        provenance = Provenance(kinds.images.store, kinds.contents, own)
        if not chosen.enabled:
            return Foreign(provenance)
        upstreams = Upstreams(
            kinds.contents, kinds.sources, remotes, metrics, own=own, manifest_bytes=registry.manifest_bytes
        )
        fetching = PullThrough(upstreams, kinds.contents, storage, leases, metrics, options, provenance)
        companions = Companions(upstreams, links, kinds.contents, storage) if options.keep else None
        return Foreign(provenance, fetching, companions)

    return make
