"""What asks other registries: settings in, clients and the importer out."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable

from roadstead.base.settings import Settings
from roadstead.importing.importer import Importer
from roadstead.importing.looking import ImportOptions
from roadstead.importing.registries import RegistryUpstreams
from roadstead.remote.guard import Guard
from roadstead.remote.proxies import Proxies
from roadstead.remote.session import Remotes
from roadstead.repositories.sources import Sources

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
