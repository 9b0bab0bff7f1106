"""The command `roadstead`: its tree of commands, and how failures end it."""

from __future__ import annotations

import gc
import os
import sys
from dataclasses import replace
from pathlib import Path

import click

from roadstead import __version__
from roadstead.base.errors import Failure
from roadstead.base.settings import Settings, load
from roadstead.cli.auth_commands import auth
from roadstead.cli.image_commands import copy, inspect
from roadstead.cli.robot_commands import robot


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="roadstead")
def commands() -> None:
    """A container image registry with image streams, for Kubernetes clusters and for single machines."""


@commands.command()
@click.option("--data", metavar="DIR", help="Folder that holds everything (default: a folder of yours).")
@click.option("--registry", metavar="URL", help="Address of the registry (default: https://127.0.0.1:5000).")
@click.option("--api", metavar="URL", help="Address of the API (default: https://127.0.0.1:6443).")
@click.option("--config", metavar="FILE", type=click.Path(dir_okay=False), help="Settings file (TOML).")
def serve(data: str | None, registry: str | None, api: str | None, config: str | None) -> None:
    """Start the registry and its API, and stay until told to stop.

    The first start makes a certificate authority, serving certificates and an administrator's kubeconfig and token in
    DIR. An address that begins with http:// is served plain, on loopback only.
    """
    gc.disable()  # what is loaded stays: looking for garbage among it only slows the start
    from roadstead.cli.serve import run

    run(_settings(config, data=data, registry=registry, api=api))


@commands.command()
@click.option("--config", metavar="FILE", type=click.Path(dir_okay=False), help="Settings file (TOML).")
@click.option("--markdown", is_flag=True, help="Print a Markdown table, as in docs/settings.md.")
def settings(config: str | None, *, markdown: bool) -> None:
    """Show every setting: value, default, environment name, meaning."""
    from roadstead.cli.show_settings import render

    click.echo(render(_settings(config), markdown=markdown))


@commands.group()
def trust() -> None:
    """Let clients on this machine trust the registry's certificate.

    Those of every user when it is done as root (podman, skopeo, buildah and docker), else yours (without docker).
    """


@trust.command()
@click.option("--data", metavar="DIR", help="Folder of the registry (default: a folder of yours).")
@click.option("--registry", metavar="URL", help="Address of the registry (default: https://127.0.0.1:5000).")
def install(data: str | None, registry: str | None) -> None:
    """Put the registry's CA where the clients look for it."""
    from roadstead.cli import trust as places

    chosen = _settings(None, data=data, registry=registry)
    for line in places.install(chosen):
        click.echo(line)
    if said := places.stranger(chosen):
        click.echo(said, err=True)


@trust.command()
@click.option("--data", metavar="DIR", help="Folder of the registry (default: a folder of yours).")
@click.option("--registry", metavar="URL", help="Address of the registry (default: https://127.0.0.1:5000).")
def remove(data: str | None, registry: str | None) -> None:
    """Take the registry's CA away again."""
    from roadstead.cli import trust as places

    for line in places.remove(_settings(None, data=data, registry=registry)):
        click.echo(line)


@commands.group()
def secrets() -> None:
    """Look after the keys that secrets are encrypted with."""


@secrets.command()
@click.option("--data", metavar="DIR", help="Folder of the registry (default: a folder of yours).")
def new_key(data: str | None) -> None:
    """Add a key, which encrypts from now on.

    A server that runs takes it up, and encrypts anew what is there. Keep the older keys until it has.
    """
    from roadstead.cli.secret_keys import add

    click.echo(add(_settings(None, data=data)))


def _settings(
    config: str | None, *, data: str | None = None, registry: str | None = None, api: str | None = None
) -> Settings:
    """The settings of file and environment, with what the command line says on top."""
    file = config or os.environ.get("ROADSTEAD_CONFIG")
    loaded = load(Path(file) if file else None, os.environ)
    return replace(
        loaded,
        data=data or loaded.data,
        serve_registry=registry or loaded.serve_registry,
        serve_api=api or loaded.serve_api,
    )


commands.add_command(copy)
commands.add_command(inspect)
commands.add_command(robot)
commands.add_command(auth)


def main() -> None:
    """Run a command; a failure is one line on standard error and exit status 1."""
    try:
        commands()
    except Failure as failure:
        click.echo(f"roadstead: {failure.message}", err=True)
        sys.exit(1)
