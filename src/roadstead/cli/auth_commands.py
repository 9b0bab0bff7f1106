"""The commands about access: `roadstead auth why`."""

from __future__ import annotations

import sys
from typing import Any

import click

from roadstead.cli.robot_commands import connecting


@click.group()
def auth() -> None:
    """Ask the server who may do what."""


@auth.command()
@click.argument("user")
@click.argument("verb")
@click.argument("resource")
@click.option("--group", "groups", multiple=True, metavar="GROUP", help="A further group of the user; may be repeated.")
@connecting
def why(user: str, verb: str, resource: str, **said: Any) -> None:
    """Say whether USER may VERB RESOURCE, and why.

    A yes names the binding; a no says what is missing, and the command that grants it.

    USER is a name, sa:NAMESPACE/NAME, anonymous or me. RESOURCE is a resource by any of its names, with a subresource
    and a group where need be (is, is/layers, deployments.apps), or a path such as /metrics. Exit status: 0 yes, 1 no.

    \b
    roadstead auth why alice get imagestreams/layers -n shop
    roadstead auth why sa:shop/robot update is/layers -n shop
    """
    from roadstead.cli.robot_work import connected
    from roadstead.cli.why import Question, run

    to, namespace = connected(said)
    sys.exit(run(to, Question(user, verb, resource, namespace, said["groups"])))
