"""The names the API answers to: addresses made of a name that a client brought along lead to nobody else."""

from __future__ import annotations

import platform
from urllib.parse import urlsplit

from roadstead.base.settings import Settings


def own_names(settings: Settings) -> list[str]:
    """The names this server answers to, as its serving certificates have them."""
    host = urlsplit(settings.serve_api).hostname or ""
    return [each for each in {"localhost", "127.0.0.1", "::1", platform.node(), host, *settings.names} if each]
