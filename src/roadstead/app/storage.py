"""The part of the app that keeps objects: the log the settings name, with secret values encrypted."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from roadstead.apimachinery.health import Health
from roadstead.auth import secretfile
from roadstead.base.errors import Failure
from roadstead.base.settings import Settings
from roadstead.objects.log import Log
from roadstead.objects.sealing import SealedLog
from roadstead.objects.sealkeys import SealKeys, new_line
from roadstead.objects.sqlite import SqliteLog
from roadstead.objects.store import Store
from roadstead.resources import oauthobjects, plain

SEALED = (plain.SECRETS, oauthobjects.ACCESS_TOKENS, oauthobjects.AUTHORIZE_TOKENS, oauthobjects.CLIENTS)
"""Kinds whose objects are credentials: the confidential ones among all kinds."""
KEYS = Path("tls") / "objects.keys"
"""Where in the data folder the keys of secret objects lie: beside the key of the certificate authority."""


def checks(store: Store, folder: Path) -> Health:
    """What /readyz looks at beside life itself: the log answers, and blobs can be read."""

    async def log() -> str:
        try:
            await store.fresh()
        except Failure as wrong:
            return wrong.message
        return ""

    async def blobs() -> str:
        # Where nothing can be written, pulls go on, so that is no reason to send everybody away.
        readable = await asyncio.to_thread(os.access, folder / "blobs", os.R_OK | os.X_OK)
        return "" if readable else "the folder of blobs cannot be read"

    return Health(ready={"log": log, "blobs": blobs})


async def open_log(settings: Settings, folder: Path) -> SealedLog:
    """The log that the settings name; raises Failure."""
    if settings.objects.url:
        from roadstead.objects.postgres import PostgresLog  # the driver takes its time to load, and few need it

        return sealed(await PostgresLog.open(settings.objects.url, folder / "mirrors"), folder)
    return file_log(folder)


def file_log(folder: Path) -> SealedLog:
    """The log in a file of the folder; raises Failure."""
    return sealed(SqliteLog(folder / "objects.db"), folder)


def sealed(log: Log, folder: Path) -> SealedLog:
    """A log with the keys of the folder, the first of which is made when there is none. Raises Failure."""
    secretfile.read_or_make(folder / KEYS, lambda: new_line().encode())
    return SealedLog(log, SealKeys(folder / KEYS), [each.key_resource for each in SEALED])
