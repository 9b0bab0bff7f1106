"""What asks other registries: settings in, clients and the importer out."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from datetime import timedelta

from roadstead.base.observe import Metrics
from roadstead.base.settings import Settings
from roadstead.controllers.events import Events
from roadstead.controllers.imports import COMPONENT, ImportRunner, Imports
from roadstead.controllers.lease import Lease
from roadstead.controllers.loop import Loop
from roadstead.controllers.scheduled_imports import ScheduledImports
from roadstead.controllers.signature_imports import SignatureImports
from roadstead.importing.importer import Importer
from roadstead.importing.looking import ImportOptions
from roadstead.importing.registries import RegistryUpstreams
from roadstead.importing.tally import ImportTally
from roadstead.remote.guard import Guard
from roadstead.remote.proxies import Proxies
from roadstead.remote.session import Remotes
from roadstead.repositories.sources import Sources
from roadstead.resources import plain
from roadstead.resources.kinds import Kinds

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "i686": "386", "armv7l": "arm"}
"""Machines as the kernel names them -> as images do, where that differs."""


def open_remotes(settings: Settings) -> Remotes:
    """What this process knows of other registries; every connection to them passes its guard."""
    return Remotes(Guard(settings.outbound, Proxies.from_environment(os.environ)))


def importer_maker(settings: Settings, remotes: Remotes) -> Callable[[Sources], Importer]:
    """Makes the importer once places and keys are known."""
    registry, imports = settings.registry, settings.imports
    options = ImportOptions(
        ARCHITECTURES.get(platform.machine(), platform.machine()),
        imports.tags_per_repository or -1,
        registry.config_bytes,
        imports.side_by_side,
        imports.look_seconds,
    )
    return lambda sources: Importer(RegistryUpstreams(sources, remotes, registry.manifest_bytes), options)


def import_loops(settings: Settings, kinds: Kinds, metrics: Metrics, remotes: Remotes) -> Callable[[Lease], list[Loop]]:
    """The loops that import what streams ask for, keep tags fresh and bring signatures, given their lease."""
    tally, imports = ImportTally(), settings.imports
    metrics.add(tally)
    events = Events(kinds.plain(plain.EVENTS), COMPONENT)
    runner = ImportRunner(kinds.streams, kinds.imports, events, tally)
    interval = timedelta(seconds=max(1, imports.interval_seconds))
    fresh = ScheduledImports(
        runner, kinds.imports.importer.patience, interval=interval, per_minute=imports.scheduled_per_minute
    )
    signatures = SignatureImports(kinds.images, RegistryUpstreams(kinds.sources, remotes))

    def loops(lease: Lease) -> list[Loop]:
        found = [Imports(runner).loop(lease, workers=imports.workers), signatures.loop(lease)]
        return [*found, fresh.loop(lease)] if imports.scheduled else found

    return loops
