"""Builds and build configs of OpenShift, and its templates; kept for tools and triggers; no I/O."""

from __future__ import annotations

import re
from datetime import datetime

from roadstead.apimachinery.resource import Column
from roadstead.base.values import Json
from roadstead.resources.ages import ago
from roadstead.resources.plain.cells import NAME, at, count_of, map_at, number_at, objects_at, text_at
from roadstead.resources.plain.rows import ALL, row, selects

GROUP = "build.openshift.io"
SHORT_COMMIT, LONG_COMMIT = 7, 20
DESCRIPTION_LETTERS = 80
NANOSECONDS = 1_000_000_000
_COMMIT = re.compile("[0-9a-fA-F]*")
_STRATEGIES = {
    "dockerStrategy": "Docker",
    "sourceStrategy": "Source",
    "customStrategy": "Custom",
    "jenkinsPipelineStrategy": "JenkinsPipeline",
}


def _strategy(obj: Json, _: datetime) -> str:
    found = map_at(obj, "spec", "strategy")
    return next((said for field, said in _STRATEGIES.items() if field in found), text_at(found, "type"))


def _source(obj: Json, _: datetime) -> str:
    source = map_at(obj, "spec", "source")
    commit = text_at(obj, "spec", "revision", "git", "commit") or text_at(source, "git", "ref")
    if _COMMIT.fullmatch(commit) and len(commit) > LONG_COMMIT:
        commit = commit[:SHORT_COMMIT]
    at_commit = f"@{commit}" if commit else ""
    if "binary" in source:
        return f"Binary{at_commit}"
    if "dockerfile" in source:
        return f"Dockerfile,Git{at_commit}" if "git" in source else "Dockerfile"
    return f"Git{at_commit}" if "git" in source else ""


def _config_source(obj: Json, now: datetime) -> str:
    custom = map_at(obj, "spec", "strategy", "customStrategy")
    return text_at(custom, "from", "name") if custom else _source(obj, now)


def _status(obj: Json, _: datetime) -> str:
    phase, reason = text_at(obj, "status", "phase"), text_at(obj, "status", "reason")
    return f"{phase} ({reason})" if reason else phase


def _started(obj: Json, now: datetime) -> str:
    return ago(at(obj, "status", "startTimestamp"), now)


def _duration(obj: Json, _: datetime) -> str:
    seconds = number_at(obj, "status", "duration") // NANOSECONDS
    if seconds <= 0:
        return ""
    hours, minutes = seconds // 3600, seconds // 60 % 60
    return f"{f'{hours}h' if hours else ''}{f'{minutes}m' if hours or minutes else ''}{seconds % 60}s"


def _description(obj: Json, _: datetime) -> str:
    lines = text_at(obj, "metadata", "annotations", "description").split("\n", 1)
    said = f"{lines[0]}..." if len(lines) > 1 else lines[0]
    return said if len(said) <= DESCRIPTION_LETTERS else f"{said[: DESCRIPTION_LETTERS - 3].strip()}..."


def _parameters(obj: Json, _: datetime) -> str:
    parameters = objects_at(obj, "parameters")
    unset = [each for each in parameters if not each.get("value")]
    blank = sum(not each.get("generate") for each in unset)
    if blank:
        return f"{len(parameters)} ({blank} blank)"
    return f"{len(parameters)} ({len(unset)} generated)" if unset else f"{len(parameters)} (all set)"


_TYPE = Column("Type", _strategy, description="The way of building.")
BUILDS = row(
    GROUP,
    "Build",
    (
        NAME,
        _TYPE,
        Column("From", _source),
        Column("Status", _status),
        Column("Started", _started),
        Column("Duration", _duration),
    ),
    categories=ALL,
    selectable=selects(status=("status", "phase"), podName=("metadata", "annotations", "openshift.io/build.pod-name")),
)
BUILD_CONFIGS = row(
    GROUP,
    "BuildConfig",
    (
        NAME,
        _TYPE,
        Column("From", _config_source),
        Column("Latest", lambda obj, _: number_at(obj, "status", "lastVersion")),
    ),
    short=("bc",),
    categories=ALL,
)
TEMPLATES = row(
    "template.openshift.io",
    "Template",
    (
        NAME,
        Column("Description", _description),
        Column("Parameters", _parameters),
        Column("Objects", count_of("objects")),
    ),
)
