"""What `kubectl get pods` says about a pod; no I/O."""

from __future__ import annotations

from datetime import datetime

from roadstead.apimachinery.resource import Column
from roadstead.base.values import Json
from roadstead.resources.ages import age
from roadstead.resources.plain.cells import AGE, NAME, NONE, at, field_of, map_at, number_at, objects_at, text_at


def _statuses(obj: Json) -> list[Json]:
    return objects_at(obj, "status", "containerStatuses")


def _ready(obj: Json, _: datetime) -> str:
    total = len(objects_at(obj, "spec", "containers")) or len(_statuses(obj))
    return f"{sum(each.get('ready') is True for each in _statuses(obj))}/{total}"


def _initialising(obj: Json) -> str:
    """What an init container that is not through yet says; empty when all are."""
    waiting = objects_at(obj, "status", "initContainerStatuses")
    for index, each in enumerate(waiting):
        state = map_at(each, "state")
        if "terminated" in state:
            if (code := number_at(state, "terminated", "exitCode")) == 0:
                continue
            return f"Init:{text_at(state, 'terminated', 'reason') or f'ExitCode:{code}'}"
        reason = text_at(state, "waiting", "reason")
        if reason and reason != "PodInitializing":
            return f"Init:{reason}"
        return f"Init:{index}/{len(objects_at(obj, 'spec', 'initContainers')) or len(waiting)}"
    return ""


def _running(obj: Json, said: str) -> str:
    """The pod's own word, unless a container has something worse to say."""
    running = False
    for each in reversed(_statuses(obj)):
        state = map_at(each, "state")
        if reason := text_at(state, "waiting", "reason"):
            said = reason
        elif "terminated" in state:
            ended = map_at(state, "terminated")
            signal = number_at(ended, "signal")
            code = f"Signal:{signal}" if signal else f"ExitCode:{number_at(ended, 'exitCode')}"
            said = text_at(ended, "reason") or code
        elif each.get("ready") is True and "running" in state:
            running = True
    if said == "Completed" and running:
        ready = [each for each in objects_at(obj, "status", "conditions") if each.get("type") == "Ready"]
        return "Running" if any(each.get("status") == "True" for each in ready) else "NotReady"
    return said


def _status(obj: Json, _: datetime) -> str:
    said = text_at(obj, "status", "reason") or text_at(obj, "status", "phase")
    said = _initialising(obj) or _running(obj, said)
    if at(obj, "metadata", "deletionTimestamp"):
        return "Unknown" if text_at(obj, "status", "reason") == "NodeLost" else "Terminating"
    return said


def _restarts(obj: Json, now: datetime) -> str:
    restarts = sum(number_at(each, "restartCount") for each in _statuses(obj))
    ends = [text_at(each, "lastState", "terminated", "finishedAt") for each in _statuses(obj)]
    last = max(ends, default="")
    return f"{restarts} ({age(last, now)} ago)" if restarts and last else str(restarts)


def _gates(obj: Json, _: datetime) -> str:
    gates = [text_at(each, "conditionType") for each in objects_at(obj, "spec", "readinessGates")]
    if not gates:
        return NONE
    true = {each.get("type") for each in objects_at(obj, "status", "conditions") if each.get("status") == "True"}
    return f"{sum(gate in true for gate in gates)}/{len(gates)}"


POD_COLUMNS = (
    NAME,
    Column("Ready", _ready, description="Containers that are ready, of all in the pod."),
    Column("Status", _status, description="What the pod is doing, or what keeps it from doing it."),
    Column("Restarts", _restarts, description="How often its containers were started again."),
    AGE,
    Column("IP", field_of("status", "podIP", absent=NONE), priority=1),
    Column("Node", field_of("spec", "nodeName", absent=NONE), priority=1),
    Column("Nominated Node", field_of("status", "nominatedNodeName", absent=NONE), priority=1),
    Column("Readiness Gates", _gates, priority=1),
)
