"""The commands about images anywhere: `roadstead copy` and `roadstead inspect`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from roadstead.base.settings import Settings, load

PLACES = """\b
Places:
  quay.io/team/web:v1, docker://HOST/NAME[:TAG|@DIGEST]   a registry
  oci:DIR[:REF]                                           an OCI layout in a folder
  oci-archive:FILE[:REF]                                  the same in a tar file
  docker-archive:FILE[:NAME:TAG]                          what docker save writes"""


@click.command(epilog=PLACES)
@click.argument("source", metavar="SRC")
@click.argument("destination", metavar="DST")
@click.option("--platform", metavar="OS/ARCH", help="Only the image for this platform (default: all of them).")
@click.option(
    "--all-referrers/--no-referrers",
    "referrers",
    default=True,
    help="Signatures, SBOMs and whatever else refers to the image (default: all of them).",
)
@click.option(
    "--parallel",
    metavar="N",
    type=click.IntRange(1, 32),
    default=4,
    show_default=True,
    help="Blobs on the way at the same time.",
)
@click.option("--src-creds", metavar="NAME:PASSWORD", help="Credentials for SRC (default: auth.json).")
@click.option("--dest-creds", metavar="NAME:PASSWORD", help="Credentials for DST (default: auth.json).")
@click.option("--authfile", metavar="FILE", help="auth.json to take credentials from.")
@click.option("--insecure", is_flag=True, help="Accept any certificate, and plain http, at both ends.")
@click.option("--src-insecure", is_flag=True, help="The same for SRC alone.")
@click.option("--dest-insecure", is_flag=True, help="The same for DST alone.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
def copy(source: str, destination: str, **said: Any) -> None:
    """Copy an image, with all that refers to it, from SRC to DST.

    Run it again after a failure: what has arrived is not fetched again.
    """
    from roadstead.cli.copy import Order, run
    from roadstead.cli.machine import Wish

    authfile = said["authfile"] or ""
    from_there = Wish(said["insecure"] or said["src_insecure"], said["src_creds"] or "", authfile)
    to_there = Wish(said["insecure"] or said["dest_insecure"], said["dest_creds"] or "", authfile)
    options = {name: said[name] for name in ("referrers", "parallel", "quiet")}
    run(settings_here(), Order(source, destination, from_there, to_there, said["platform"] or "", **options))


@click.command(epilog=PLACES)
@click.argument("name", metavar="REF")
@click.option("--json", "form", flag_value="json", help="Everything as JSON.")
@click.option("--raw", "form", flag_value="raw", help="The manifest, byte by byte.")
@click.option("--config", "form", flag_value="config", help="The image's config, byte by byte.")
@click.option("--platform", metavar="OS/ARCH", help="The image for this platform, where REF names several.")
@click.option("--creds", metavar="NAME:PASSWORD", help="Credentials (default: auth.json).")
@click.option("--authfile", metavar="FILE", help="auth.json to take credentials from.")
@click.option("--insecure", is_flag=True, help="Accept any certificate, and plain http.")
def inspect(
    name: str, form: str | None, platform: str | None, creds: str | None, authfile: str | None, *, insecure: bool
) -> None:
    """Show what an image is, in any registry, folder or archive."""
    from roadstead.cli.inspect import Order, run
    from roadstead.cli.machine import Wish

    wish = Wish(insecure, creds or "", authfile or "")
    run(settings_here(), Order(name, wish, form or "text", platform or ""))  # type: ignore[arg-type]


def settings_here() -> Settings:
    """The settings of file and environment; log lines of the guard are for servers, so they are left out."""
    from roadstead.base.observe import configure_logs

    file = os.environ.get("ROADSTEAD_CONFIG")
    settings = load(Path(file) if file else None, os.environ)
    configure_logs("error", settings.log_format)
    return settings
