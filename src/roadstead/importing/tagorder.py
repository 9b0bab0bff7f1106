"""Which tags of a repository are imported first; no I/O. image-api contract, section 14.4."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from roadstead.streams.pullspec import LATEST

_NUMBER = r"(?:0|[1-9][0-9]{0,19})"
_LARGEST = 2**64 - 1
_PRERELEASE = rf"(?:{_NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_FULL = re.compile(
    rf"({_NUMBER})\.({_NUMBER})\.({_NUMBER})(?:-({_PRERELEASE}(?:\.{_PRERELEASE})*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)
_MINOR = re.compile(rf"({_NUMBER})\.({_NUMBER})()(?:-({_PRERELEASE}))?")
_WORD = re.compile(r"[0-9A-Za-z]+")

Precedence = tuple[int, int, int, bool, tuple[tuple[bool, int, str], ...]]
"""Numbers, whether it is a release, and the parts of its pre-release: compared, this is precedence of semver.org 2."""


def prioritised(tags: Iterable[str]) -> list[str]:
    """`tags`, each once: `latest`, then minor versions, then full versions (newest first), then the others by name.

    Versions may carry a `v`; of two that mean the same, the one without comes first. An empty name, which some
    registries list, means `latest`.
    """
    names = sorted({tag or LATEST for tag in tags})
    minor = {tag: version for tag in names if (version := _version(_MINOR, tag)) is not None}
    full = {tag: version for tag in names if (version := _version(_FULL, tag)) is not None}
    rest = [tag for tag in names if tag not in minor and tag not in full and tag != LATEST]
    return [*(name for name in names if name == LATEST), *_newest_first(minor), *_newest_first(full), *rest]


def split(tags: Iterable[str], most: int) -> tuple[Sequence[str], Sequence[str]]:
    """The first `most` of the prioritised tags (-1: all of them), and the others."""
    ordered = prioritised(tags)
    return (ordered, []) if most < 0 else (ordered[:most], ordered[most:])


def _newest_first(versions: dict[str, Precedence]) -> list[str]:
    # Names come sorted, so that of equal versions the one without a `v` stays in front.
    return sorted(versions, key=versions.__getitem__, reverse=True)


def _version(pattern: re.Pattern[str], tag: str) -> Precedence | None:
    found = pattern.fullmatch(tag.removeprefix("v"))
    if found is None:
        return None
    major, minor, patch, prerelease = found.groups()
    if pattern is _MINOR and prerelease and not _WORD.fullmatch(prerelease):
        return None
    parts = tuple(_part(each) for each in prerelease.split(".")) if prerelease else ()
    numbers = int(major), int(minor), int(patch or 0)
    if max(*numbers, *(value for _, value, _ in parts)) > _LARGEST:
        return None
    return *numbers, not parts, parts


def _part(text: str) -> tuple[bool, int, str]:
    # Numbers come before words, and count by their value.
    return (False, int(text), "") if text.isdigit() else (True, 0, text)
