"""The only file that knows every room: settings in, doors and background work out."""

from __future__ import annotations

import asyncio
import contextlib
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.http import ApiDoor
from roadstead.auth import secretfile
from roadstead.auth.gate import Gate
from roadstead.auth.htpasswd import Htpasswd
from roadstead.auth.tokens import AdminToken, RegistryTokens
from roadstead.base.observe import Metrics, logger
from roadstead.base.settings import Settings
from roadstead.base.web import Handler, Reply, Request
from roadstead.blobs.filesystem import FilesystemBlobs
from roadstead.blobs.uploads import FilesystemUploads
from roadstead.dataplane import failures
from roadstead.dataplane.blobs import BlobHandlers
from roadstead.dataplane.listings import ListingHandlers
from roadstead.dataplane.manifests import ManifestHandlers
from roadstead.dataplane.paths import Route
from roadstead.dataplane.routes import DoorOptions, RegistryDoor
from roadstead.dataplane.signatures import SignatureHandlers
from roadstead.dataplane.token import TokenHandler
from roadstead.dataplane.uploads import UploadHandlers
from roadstead.objects.sqlite import SqliteLog
from roadstead.objects.store import Store
from roadstead.oci.errors import OciError, OciErrors
from roadstead.repositories.delete import Delete
from roadstead.repositories.links import Links
from roadstead.repositories.pull import ManifestCache, Pull
from roadstead.repositories.push import Push
from roadstead.repositories.uploads import UploadSessions
from roadstead.resources.kinds import Kinds, build_kinds

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The time."""
    return datetime.now(UTC)
