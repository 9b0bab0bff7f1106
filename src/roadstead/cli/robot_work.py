"""What the robot commands do: connect, do it, print."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click
import uvloop

from roadstead.cli import kubeconfig
from roadstead.cli.api import Api
from roadstead.cli.kubeconfig import Connection
from roadstead.cli.robot_forms import render, seconds
from roadstead.cli.robots import Robots, listed

Said = dict[str, Any]


def connected(said: Said) -> tuple[Connection, str]:
    """The API that the options mean, and the namespace; raises Invalid."""
    to = kubeconfig.connection(said["kubeconfig"] or "", said["context"] or "", os.environ, Path.home())
    return to, said["namespace"] or to.namespace


def create(name: str, said: Said) -> None:
    """A robot and its token."""
    lasts = seconds(said["expires"])

    async def work(robots: Robots) -> None:
        await robots.create(name, said["role"], lasts)
        await _print(robots, name, said)

    _with_robots(said, work)


def token(name: str, said: Said) -> None:
    """Its token."""
    _with_robots(said, lambda robots: _print(robots, name, said))


def rotate(name: str, said: Said) -> None:
    """A new token."""
    lasts = seconds(said["expires"])

    async def work(robots: Robots) -> None:
        await robots.rotate(name, lasts, keep_old=said["keep_old"])
        await _print(robots, name, said)

    _with_robots(said, work)


def revoke(name: str, said: Said) -> None:
    """No robot any more."""

    async def work(robots: Robots) -> None:
        await robots.revoke(name)
        click.echo(f"robot {name} is revoked, with every token it had")

    _with_robots(said, work)


def show(said: Said) -> None:
    """A table of robots."""
    to, namespace = connected(said)

    async def work() -> None:
        async with Api(to) as api:
            lines = await listed(api, "" if said["everywhere"] else namespace)
        if not lines:
            click.echo("there are no robots here; make one with: roadstead robot create NAME", err=True)
            return
        rows = [("NAMESPACE", "NAME", "ROLES", "TOKEN UNTIL")]
        rows += [(each.namespace, each.name, each.roles, each.expires) for each in lines]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        for row in rows:
            click.echo("   ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]))

    uvloop.run(work())


def _with_robots(said: Said, work: Any) -> None:
    to, namespace = connected(said)

    async def run() -> None:
        async with Api(to) as api:
            await work(Robots(api, namespace))

    uvloop.run(run())


async def _print(robots: Robots, name: str, said: Said) -> None:
    found = await robots.token(name, said["registry"] or "")
    click.echo(f"robot {name} in namespace {found.namespace}, token until: {found.expires}", err=True)
    click.echo(render(found, said["form"]))
