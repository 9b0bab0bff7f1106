"""Jobs and cron jobs, kept for tools and triggers; nothing runs them here; no I/O."""

from __future__ import annotations

from datetime import datetime, timedelta

from roadstead.apimachinery.resource import Column
from roadstead.base.values import Json
from roadstead.kube.time import NotATime, parse_time, short_age
from roadstead.resources.ages import age
from roadstead.resources.plain.cells import (
    AGE,
    NAME,
    NONE,
    at,
    count_of,
    field_of,
    number_at,
    objects_at,
    selector_column,
    template_columns,
    text_at,
)
from roadstead.resources.plain.rows import ALL, row, selects, status_of

GROUP = "batch"


def _status(obj: Json, _: datetime) -> str:
    true = {each.get("type") for each in objects_at(obj, "status", "conditions") if each.get("status") == "True"}
    for condition, said in (("Complete", "Complete"), ("Failed", "Failed")):
        if condition in true:
            return said
    if at(obj, "metadata", "deletionTimestamp"):
        return "Terminating"
    others = {"Suspended": "Suspended", "FailureTarget": "FailureTarget", "SuccessCriteriaMet": "SuccessCriteriaMet"}
    return next((said for condition, said in others.items() if condition in true), "Running")


def _completions(obj: Json, _: datetime) -> str:
    done, parallel = number_at(obj, "status", "succeeded"), number_at(obj, "spec", "parallelism")
    wanted = at(obj, "spec", "completions")
    if isinstance(wanted, int):
        return f"{done}/{wanted}"
    return f"{done}/1 of {parallel}" if parallel > 1 else f"{done}/1"


def _duration(obj: Json, now: datetime) -> str:
    start, end = text_at(obj, "status", "startTime"), text_at(obj, "status", "completionTime")
    if not start:
        return ""
    if not end:
        return age(start, now)
    try:
        return short_age((parse_time(end) - parse_time(start)) / timedelta(seconds=1))
    except NotATime:
        return ""


def _last(obj: Json, now: datetime) -> str:
    last = at(obj, "status", "lastScheduleTime")
    return age(last, now) if last else NONE


def _suspended(obj: Json, _: datetime) -> str:
    return str(at(obj, "spec", "suspend") is True)


JOBS = row(
    GROUP,
    "Job",
    (
        NAME,
        Column("Status", _status),
        Column("Completions", _completions),
        Column("Duration", _duration),
        AGE,
        *template_columns("spec", "template"),
        selector_column("spec", "selector"),
    ),
    categories=ALL,
    subresources=(status_of("Job"),),
    selectable=selects(status_successful=("status", "succeeded")),
)
CRON_JOBS = row(
    GROUP,
    "CronJob",
    (
        NAME,
        Column("Schedule", field_of("spec", "schedule")),
        Column("Timezone", field_of("spec", "timeZone", absent=NONE)),
        Column("Suspend", _suspended, "boolean"),
        Column("Active", count_of("status", "active"), "integer"),
        Column("Last Schedule", _last),
        AGE,
        *template_columns("spec", "jobTemplate", "spec", "template"),
        selector_column("spec", "jobTemplate", "spec", "selector"),
    ),
    short=("cj",),
    categories=ALL,
    subresources=(status_of("CronJob"),),
)

BATCH = (JOBS, CRON_JOBS)
