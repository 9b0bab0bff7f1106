"""The commands about robots: `roadstead robot create`, `token`, `rotate`, `revoke` and `list`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])
FORMS = ("podman", "dockerconfig", "secret", "plain")


def connecting(command: Command) -> Command:
    """Adds the options that say which API, and where in it."""
    for option in (
        click.option("-n", "--namespace", metavar="NS", help="Namespace (default: that of the kubeconfig's context)."),
        click.option("--kubeconfig", metavar="FILE", help="Kubeconfig (default: $KUBECONFIG, then ~/.kube/config)."),
        click.option("--context", metavar="NAME", help="Context of the kubeconfig (default: the current one)."),
    ):
        command = option(command)
    return command


FORM = click.option(
    "--format", "form", type=click.Choice(FORMS), default="podman", show_default=True, help="What to print."
)
REGISTRY = click.option("--registry", metavar="HOST[:PORT]", help="Address of the registry (default: it is asked).")
EXPIRES = click.option(
    "--expires", metavar="TIME", default="90d", show_default=True, help="Lifetime of the token: 90d, 12h, never."
)


@click.group()
def robot() -> None:
    """Accounts for programs, which depend on no person.

    A robot is a service account with a role in its namespace. Its token opens the registry alone (one that never
    expires opens the API too, with the same role), and ends with the robot.
    """


@robot.command()
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(["puller", "pusher", "builder"]),
    default="puller",
    show_default=True,
    help="pusher: to streams that exist; builder: makes new ones too.",
)
@EXPIRES
@FORM
@REGISTRY
@connecting
def create(name: str, **said: Any) -> None:
    """Make a robot and print its token."""
    from roadstead.cli import robot_work

    robot_work.create(name, said)


@robot.command()
@click.argument("name")
@FORM
@REGISTRY
@connecting
def token(name: str, **said: Any) -> None:
    """Print a robot's token, in the form that is needed."""
    from roadstead.cli import robot_work

    robot_work.token(name, said)


@robot.command()
@click.argument("name")
@EXPIRES
@click.option("--keep-old", is_flag=True, help="Let the tokens before it go on until they end or the next rotation.")
@FORM
@REGISTRY
@connecting
def rotate(name: str, **said: Any) -> None:
    """Give a robot a new token and print it; the old ones end at once."""
    from roadstead.cli import robot_work

    robot_work.rotate(name, said)


@robot.command()
@click.argument("name")
@connecting
def revoke(name: str, **said: Any) -> None:
    """Take a robot away, with its role and every token.

    It is out with the next request.
    """
    from roadstead.cli import robot_work

    robot_work.revoke(name, said)


@robot.command("list")
@click.option("-A", "--all-namespaces", "everywhere", is_flag=True, help="In all namespaces.")
@connecting
def list_(**said: Any) -> None:
    """Show the robots: their roles, and when their tokens end."""
    from roadstead.cli import robot_work

    robot_work.show(said)
