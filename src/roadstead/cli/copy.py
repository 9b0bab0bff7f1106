"""`roadstead copy`: an image with everything that belongs to it, from any place to any other."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click

from roadstead.base.settings import Settings
from roadstead.cli.exits import next_step, status_of
from roadstead.cli.machine import Machine, Wish
from roadstead.cli.progress import Progress, human
from roadstead.copying.archives import ArchiveDestination
from roadstead.copying.copy import Copy, Options
from roadstead.copying.dockerarchive import DockerArchiveSource
from roadstead.copying.ends import Destination, Source
from roadstead.copying.files import FolderFiles, TarFiles
from roadstead.copying.layout import LayoutSource
from roadstead.copying.layoutwriting import LayoutDestination
from roadstead.copying.names import InFile, InRegistry, Name, Platform, parse
from roadstead.copying.registry import RegistryDestination, RegistrySource
from roadstead.remote.errors import RemoteFailure

INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Order:
    """What the command line says."""

    source: str
    destination: str
    source_wish: Wish
    destination_wish: Wish
    platform: str = ""
    referrers: bool = True
    parallel: int = 4
    quiet: bool = False


def run(settings: Settings, order: Order) -> None:
    """Copies and says what it did; ends the process with the status of `docs/copy.md` when it fails."""
    progress = Progress(quiet=order.quiet)
    with ends_told(resumable=True):
        try:
            line = asyncio.run(_copied(settings, order, progress))
        finally:
            progress.close()
    click.echo(line)


@contextmanager
def ends_told(*, resumable: bool) -> Iterator[None]:
    """Turns what goes wrong with a registry into words and an exit status."""
    try:
        yield
    except RemoteFailure as failure:
        click.echo(f"roadstead: {failure.message}", err=True)
        if step := next_step(failure, resumable=resumable):
            click.echo(f"  {step}", err=True)
        sys.exit(status_of(failure))
    except KeyboardInterrupt:
        click.echo("roadstead: interrupted; run the same command again to go on", err=True)
        sys.exit(INTERRUPTED)


async def _copied(settings: Settings, order: Order, progress: Progress) -> str:
    machine = Machine(settings, os.environ, Path.home())
    source_name, target = parse(order.source), parse(order.destination)
    docker_archive = isinstance(target, InFile) and target.form == "docker-archive"
    platform = Platform.parse(order.platform) if order.platform else None
    options = Options(platform, order.referrers and not docker_archive, docker_archive, order.parallel)
    try:
        source, reference = await open_source(machine, source_name, order.source_wish)
        with _opened(target) as files:
            end = files or await _registry_destination(machine, target, order.destination_wish)
            walked = await Copy(source, end, options, progress).run(reference, _target_reference(target))
    finally:
        await machine.close()
    progress.close()
    count = f"{progress.manifests} manifests and {progress.blobs} blobs"
    moved = f"{human(progress.copied)} copied, {progress.skipped} blobs were there already"
    return f"{walked.top.found.digest}\n{order.source} is at {order.destination}: {count}; {moved}"


async def open_source(machine: Machine, name: Name, wish: Wish) -> tuple[Source, str]:
    """A source, and the reference to ask it for."""
    if isinstance(name, InRegistry):
        places = machine.sources(name)
        return RegistrySource([(await machine.client(each, wish), each.repository) for each in places]), name.reference
    path = Path(name.path)
    if name.form == "oci":
        return LayoutSource(FolderFiles(path)), name.reference
    files = TarFiles(path)
    return (LayoutSource(files) if name.form == "oci-archive" else DockerArchiveSource(files)), name.reference


async def _registry_destination(machine: Machine, name: Name, wish: Wish) -> Destination:
    assert isinstance(name, InRegistry)
    place = machine.destination(name)
    return RegistryDestination(await machine.client(place, wish), place.repository)


@contextmanager
def _opened(name: Name) -> Iterator[Destination | None]:
    """A destination in files; None for a registry."""
    if isinstance(name, InRegistry):
        yield None
    elif name.form == "oci":
        with LayoutDestination(Path(name.path)) as layout:
            yield layout
    else:
        tag = name.reference if name.form == "docker-archive" else ""
        with ArchiveDestination(Path(name.path), name.form, tag) as archive:
            yield archive


def _target_reference(name: Name) -> str:
    if isinstance(name, InRegistry):
        return name.reference
    return name.reference if name.form != "docker-archive" else ""
