"""What tables show of a stream; no I/O. image-api contract, section 17."""

from datetime import datetime

from roadstead.base.values import Json
from roadstead.kube.time import NotATime, parse_time
from roadstead.streams.events import current, histories

BUDGET = 40
"""Characters the tag names of one stream may take, one for each comma included."""

_OVERDRAFT = 10


def image_repository(stream: Json) -> str:
    """The repository worth showing: the public one, else the declared one, else the internal one."""
    status, spec = stream.get("status") or {}, stream.get("spec") or {}
    found = status.get("publicDockerImageRepository") or spec.get("dockerImageRepository")
    return str(found or status.get("dockerImageRepository") or "")


def tags(stream: Json) -> str:
    """Names of the tags, those that moved last first, as many as fit the budget."""
    names = _by_age(stream)
    shown: list[str] = []
    left = BUDGET
    for name in names:
        left -= len(name) + 1
        if left >= 0:
            shown.append(name)
            continue
        # A name that only just does not fit is still worth more than "1 more".
        if not shown:
            shown.append(name)
            break
        if left + len(name) <= _OVERDRAFT or -left > _OVERDRAFT:
            break
        shown.append(name)
    more = len(names) - len(shown)
    return ",".join(shown) + (f" + {more} more..." if more else "")


def updated(stream: Json) -> datetime | None:
    """When a tag of the stream last moved, or None."""
    moments = [_created(entry) for entry in histories(stream).values()]
    return max((moment for moment in moments if moment is not None), default=None)


def _by_age(stream: Json) -> list[str]:
    def key(item: tuple[str, Json]) -> tuple[float, str]:
        moment = _created(item[1])
        return (-moment.replace(microsecond=0).timestamp() if moment else float("inf")), item[0]

    return [name for name, _ in sorted(histories(stream).items(), key=key)]


def _created(entry: Json) -> datetime | None:
    try:
        return parse_time(str((current(entry) or {}).get("created") or ""))
    except NotATime:
        return None
