"""Which hosts belong to the same owner as a registry, by the public suffix list."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from roadstead.remote.addresses import as_address, tidy

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList


def same_owner(host: str, other: str) -> bool:
    """Whether two host names lie under one registrable domain (`auth.docker.io`, `registry-1.docker.io`).

    Addresses, single words and names under no public suffix (`*.svc.cluster.local`) belong to themselves alone.
    """
    host, other = tidy(host), tidy(other)
    if host == other:
        return True
    if as_address(host) is not None or as_address(other) is not None:
        return False
    domain = _suffixes().privatesuffix(host)
    return domain is not None and domain == _suffixes().privatesuffix(other)


@cache
def _suffixes() -> PublicSuffixList:
    # Imported when first needed: reading the list takes longer than `roadstead --help` may.
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(accept_unknown=False)
