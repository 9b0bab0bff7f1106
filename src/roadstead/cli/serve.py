"""`roadstead serve`: start everything, say where it is and what to type next, stop cleanly."""

from __future__ import annotations

import asyncio
import gc
import os
import shlex
import shutil
import signal
import sys
import time

import click
import uvloop

from roadstead import __version__
from roadstead.base.observe import configure_logs, logger
from roadstead.base.settings import Settings
from roadstead.server import Running, start


def run(settings: Settings) -> None:
    """Serves until SIGINT or SIGTERM; raises Failure when it cannot start."""
    configure_logs(settings.log_level, settings.log_format)
    uvloop.run(_serve(settings, time.perf_counter()))


async def _serve(settings: Settings, began: float) -> None:
    running = await start(settings)
    gc.freeze()  # code and tables are never garbage: later collections pass them over
    gc.enable()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, stop.set)
    click.echo(_welcome(running, time.perf_counter() - began))
    sys.stdout.flush()
    await stop.wait()
    # The words people search for (registry contract, section 1).
    logger().info("shutting down image registry server", drain_seconds=settings.limits.drain_seconds)
    await running.stop()
    logger().info("server shutdown, bye.")


def _welcome(running: Running, seconds: float) -> str:
    folder, host = running.folder, running.registry_address.here().netloc
    roadstead, token = _this_command(), shlex.quote(str(folder / "admin.token"))
    plain = running.registry_address.scheme == "http"
    lax = " --tls-verify=false" if plain else ""
    trust = [] if plain else [f"  {roadstead} trust install{_flags(running)}"]
    prepare, make_namespace, look = _api_commands(running, token)
    return "\n".join(
        [
            f"Roadstead {__version__} is ready ({seconds:.2f} s)",
            "",
            f"  registry  {running.registry_address}",
            f"  API       {running.api_address}",
            f"  data      {folder}",
            "",
            "In another terminal: trust it, log in, push, look:",
            "",
            f"  {prepare}",
            *trust,
            f"  podman login{lax} -u admin --password-stdin {host} < {token}",
            f"  {make_namespace}",
            f"  printf 'FROM scratch\\nLABEL from=roadstead\\n' | podman build -t {host}/demo/web:v1 -",
            f"  podman push{lax} {host}/demo/web:v1",
            f"  {look}",
        ]
    )


def _api_commands(running: Running, token: str) -> tuple[str, str, str]:
    """What to type to reach the API, to make a namespace, and to see the streams.

    kubectl sends no credentials to a plain address, whatever its kubeconfig says: there it is curl.
    """
    if running.api_address.scheme == "https":
        kubeconfig = shlex.quote(str(running.folder / "admin.kubeconfig"))
        return f"export KUBECONFIG={kubeconfig}", "kubectl create namespace demo", "kubectl get imagestreams -A"
    api, ask = running.api_address.here(), 'curl -fsS -H "Authorization: Bearer $TOKEN"'
    body = '-H \'Content-Type: application/json\' -d \'{"metadata":{"name":"demo"}}\''
    return (
        f"TOKEN=$(cat {token})  # kubectl sends no token over plain http, so curl asks the API",
        f"{ask} {body} {api}/api/v1/namespaces",
        f"{ask} {api}/apis/image.openshift.io/v1/imagestreams",
    )


def _flags(running: Running) -> str:
    """The options that lead another command to this server, where they are not the defaults."""
    flags = ""
    if running.settings.data:
        flags += f" --data {shlex.quote(str(running.folder.absolute()))}"
    registry = str(running.registry_address.here())
    if registry != Settings().serve_registry:
        flags += f" --registry {registry}"
    return flags


def _this_command() -> str:
    """How to type this program again: by name where the name leads here, else by its path."""
    here = os.path.abspath(shutil.which(sys.argv[0]) or sys.argv[0])
    return "roadstead" if shutil.which("roadstead") == here else shlex.quote(here)
