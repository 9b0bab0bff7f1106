"""Deployments and their relatives: defaults, selectors, what cannot change; Kubernetes API, 1.32 level; no I/O."""

from __future__ import annotations

from collections.abc import Callable

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.resource import Resource
from roadstead.base.values import Json
from roadstead.kube import labelselectors, status
from roadstead.kube.status import FieldError
from roadstead.resources.namedrules import NamedRules
from roadstead.resources.plain.cells import at, map_at, objects_at, text_at
from roadstead.resources.podtemplates import filled, pod_errors, with_pod_defaults, with_template_defaults

NOT_RUN = "nothing runs this here: workloads are kept for other tools to see"
"""A warning to whoever makes one: it would wait for ever without a word."""
NOT_BELOW_ZERO = "must be greater than or equal to 0"
COUNTS = ("replicas", "minReadySeconds", "revisionHistoryLimit", "parallelism", "completions", "backoffLimit")
CRON_FIELDS = 5
_ROLLING: Json = {"maxUnavailable": "25%", "maxSurge": "25%"}


class WorkloadRules(NamedRules):
    """A kind that makes pods of a template."""

    def __init__(self, resource: Resource, defaults: Callable[[Json], Json], *, fixed: tuple[str, ...] = ()) -> None:
        """`defaults` fills in the spec of an object; `fixed` are the fields of it that no update may change."""
        super().__init__(resource)
        self._defaults, self._fixed = defaults, fixed

    async def on_create(self, obj: Json, ask: Ask) -> Json:
        """A new one, in its first generation; raises StatusError (422)."""
        new = await super().on_create(self._with_defaults(obj), ask)
        ask.warnings.append(NOT_RUN)
        return {**new, "metadata": {**new["metadata"], "generation": 1}}

    async def on_update(self, new: Json, old: Json, ask: Ask) -> Json:
        """A changed one, in a new generation when its spec is another; raises StatusError (422)."""
        new = await super().on_update(self._with_defaults(new), old, ask)
        before = at(old, "metadata", "generation") or 1
        changed = new.get("spec") != self._with_defaults(old).get("spec")
        return {**new, "metadata": {**new["metadata"], "generation": before + changed}}

    def errors(self, obj: Json, old: Json | None) -> list[FieldError]:
        """Everything wrong with the object."""
        spec = map_at(obj, "spec")
        found = super().errors(obj, old) + _count_errors(spec) + template_errors(spec, "spec")
        if old is not None:
            before = map_at(self._with_defaults(old), "spec")
            found += [
                status.invalid_value(f"spec.{field}", spec.get(field), "field is immutable")
                for field in self._fixed
                if spec.get(field) != before.get(field)
            ]
        return found

    def _with_defaults(self, obj: Json) -> Json:
        return self._defaults({**obj, "spec": map_at(obj, "spec")})


class CronJobRules(WorkloadRules):
    """A job that comes round: what is in its template is checked when it is written, not when it is due."""

    def errors(self, obj: Json, old: Json | None) -> list[FieldError]:
        """Everything wrong with the object."""
        found = NamedRules.errors(self, obj, old)
        schedule = text_at(obj, "spec", "schedule")
        if not schedule:
            found.append(status.required("spec.schedule"))
        elif not (schedule.startswith("@") or len(schedule.split()) == CRON_FIELDS):
            why = f"expected exactly {CRON_FIELDS} fields, found {len(schedule.split())}: [{schedule}]"
            found.append(status.invalid_value("spec.schedule", schedule, why))
        path, job = "spec.jobTemplate.spec", map_at(obj, "spec", "jobTemplate", "spec")
        return found + pod_errors(map_at(job, "template", "spec"), f"{path}.template.spec") + _restarts(job, path)


class DeploymentConfigRules(WorkloadRules):
    """A deployment config: its own strategies, and triggers that say what they wait for."""

    def first_status(self, obj: Json) -> Json:
        """Nothing was deployed."""
        counts = ("replicas", "updatedReplicas", "availableReplicas", "unavailableReplicas")
        return {"latestVersion": 0, "observedGeneration": 0, **dict.fromkeys(counts, 0)}

    def errors(self, obj: Json, old: Json | None) -> list[FieldError]:
        """Everything wrong with the object."""
        found, kind = super().errors(obj, old), text_at(obj, "spec", "strategy", "type")
        if kind not in ("Custom", "Recreate", "Rolling"):
            why = 'unsupported strategy type, use "Custom" instead and specify your own strategy'
            found.append(status.invalid_value("spec.strategy.type", kind, why))
        for index, trigger in enumerate(objects_at(obj, "spec", "triggers")):
            if text_at(trigger, "type") == "ImageChange" and not map_at(trigger, "imageChangeParams"):
                found.append(status.required(f"spec.triggers[{index}].imageChangeParams"))
        return found


class JobRules(WorkloadRules):
    """A job: its pods end, so they are not started again for ever."""

    def errors(self, obj: Json, old: Json | None) -> list[FieldError]:
        """Everything wrong with the object."""
        return super().errors(obj, old) + _restarts(map_at(obj, "spec"), "spec")


class PodRules(NamedRules):
    """A pod that nothing runs: it waits."""

    async def on_create(self, obj: Json, ask: Ask) -> Json:
        """A new pod, pending; raises StatusError (422)."""
        pod = await super().on_create({**obj, "spec": with_pod_defaults(map_at(obj, "spec"))}, ask)
        ask.warnings.append(NOT_RUN)
        return pod

    def first_status(self, obj: Json) -> Json:
        """It waits, in the class its containers ask for."""
        return {"phase": "Pending", "qosClass": _quality(map_at(obj, "spec"))}

    def errors(self, obj: Json, old: Json | None) -> list[FieldError]:
        """Everything wrong with the pod."""
        return super().errors(obj, old) + pod_errors(map_at(obj, "spec"), "spec")


def _quality(spec: Json) -> str:
    """The quality-of-service class of a pod, by what its containers ask for."""
    asked = [map_at(each, "resources") for each in objects_at(spec, "containers")]
    if not any(map_at(each, "limits") or map_at(each, "requests") for each in asked):
        return "BestEffort"
    limits = [map_at(each, "limits") for each in asked]
    requests = [{**map_at(each, "limits"), **map_at(each, "requests")} for each in asked]
    kinds = {"cpu", "memory"}
    exact = all(kinds <= limit.keys() and limit == request for limit, request in zip(limits, requests, strict=True))
    return "Guaranteed" if exact else "Burstable"


def _count_errors(spec: Json) -> list[FieldError]:
    return [
        status.invalid_value(f"spec.{field}", spec[field], NOT_BELOW_ZERO)
        for field in COUNTS
        if isinstance(spec.get(field), int) and spec[field] < 0
    ]


def template_errors(spec: Json, path: str) -> list[FieldError]:
    """What is wrong with the pod template of a spec, and with the selector that must find its pods."""
    labels, selector = map_at(spec, "template", "metadata", "labels"), spec.get("selector")
    errors = []
    if not selector:
        errors.append(status.required(f"{path}.selector"))
    elif not labelselectors.matches(selector, labels):
        why = "`selector` does not match template `labels`"
        errors.append(status.invalid_value(f"{path}.template.metadata.labels", labels, why))
    return errors + pod_errors(map_at(spec, "template", "spec"), f"{path}.template.spec")


def _restarts(spec: Json, path: str) -> list[FieldError]:
    policy = text_at(spec, "template", "spec", "restartPolicy")
    if policy in ("OnFailure", "Never"):
        return []
    return [status.not_supported(f"{path}.template.spec.restartPolicy", policy, ("OnFailure", "Never"))]


# -- what is filled in, kind by kind


def deployment(obj: Json) -> Json:
    """A deployment as it is stored."""
    spec = filled(obj["spec"], {"replicas": 1, "revisionHistoryLimit": 10, "progressDeadlineSeconds": 600})
    strategy = filled(spec.get("strategy"), {"type": "RollingUpdate"})
    if strategy["type"] == "RollingUpdate":
        strategy["rollingUpdate"] = filled(strategy.get("rollingUpdate"), _ROLLING)
    return {**obj, "spec": with_template_defaults({**spec, "strategy": strategy})}


def replica_set(obj: Json) -> Json:
    """A replica set as it is stored."""
    return {**obj, "spec": with_template_defaults(filled(obj["spec"], {"replicas": 1}))}


def replication_controller(obj: Json) -> Json:
    """A replication controller as it is stored: its selector and labels are those of its pods, unless it says more."""
    labels = map_at(obj, "spec", "template", "metadata", "labels")
    spec = filled(obj["spec"], {"replicas": 1, **({"selector": labels} if labels else {})})
    metadata = obj["metadata"] if at(obj, "metadata", "labels") or not labels else {**obj["metadata"], "labels": labels}
    return {**obj, "metadata": metadata, "spec": with_template_defaults(spec)}


def stateful_set(obj: Json) -> Json:
    """A stateful set as it is stored."""
    kept = {"whenDeleted": "Retain", "whenScaled": "Retain"}
    defaults = {"replicas": 1, "podManagementPolicy": "OrderedReady", "revisionHistoryLimit": 10}
    spec = filled(obj["spec"], defaults)
    spec["persistentVolumeClaimRetentionPolicy"] = filled(spec.get("persistentVolumeClaimRetentionPolicy"), kept)
    strategy = filled(spec.get("updateStrategy"), {"type": "RollingUpdate"})
    if strategy["type"] == "RollingUpdate":
        strategy["rollingUpdate"] = filled(strategy.get("rollingUpdate"), {"partition": 0})
    return {**obj, "spec": with_template_defaults({**spec, "updateStrategy": strategy})}


def daemon_set(obj: Json) -> Json:
    """A daemon set as it is stored."""
    spec = filled(obj["spec"], {"revisionHistoryLimit": 10})
    strategy = filled(spec.get("updateStrategy"), {"type": "RollingUpdate"})
    if strategy["type"] == "RollingUpdate":
        strategy["rollingUpdate"] = filled(strategy.get("rollingUpdate"), {"maxUnavailable": 1, "maxSurge": 0})
    return {**obj, "spec": with_template_defaults({**spec, "updateStrategy": strategy})}


def _job_spec(spec: Json) -> Json:
    defaults = {"backoffLimit": 6, "completionMode": "NonIndexed", "suspend": False}
    once = {"completions": 1} if spec.get("completions") is None and spec.get("parallelism") is None else {}
    return with_template_defaults(filled(spec, {"parallelism": 1, **once, **defaults}))


def job(obj: Json) -> Json:
    """A job as it is stored: its pods carry its uid and name, by which it finds them."""
    spec, metadata = _job_spec(obj["spec"]), obj["metadata"]
    if not spec.get("manualSelector") and (uid := metadata.get("uid")) and (template := map_at(spec, "template")):
        name = metadata.get("name", "")
        prefix = "batch.kubernetes.io/"
        own = {f"{prefix}controller-uid": uid, f"{prefix}job-name": name, "controller-uid": uid, "job-name": name}
        labels = {**map_at(template, "metadata", "labels"), **own}
        spec["template"] = {**template, "metadata": {**map_at(template, "metadata"), "labels": labels}}
        spec["selector"] = filled(spec.get("selector"), {"matchLabels": {f"{prefix}controller-uid": uid}})
    return {**obj, "spec": spec}


def cron_job(obj: Json) -> Json:
    """A cron job as it is stored."""
    defaults = {
        "concurrencyPolicy": "Allow",
        "suspend": False,
        "successfulJobsHistoryLimit": 3,
        "failedJobsHistoryLimit": 1,
    }
    spec, template = filled(obj["spec"], defaults), map_at(obj, "spec", "jobTemplate")
    if isinstance(template.get("spec"), dict):
        inner = with_template_defaults(template["spec"])
        spec["jobTemplate"] = {**template, "spec": inner}
    return {**obj, "spec": spec}


def deployment_config(obj: Json) -> Json:
    """A deployment config as it is stored: it follows its own changes, unless it names other triggers."""
    labels = map_at(obj, "spec", "template", "metadata", "labels")
    defaults = {"replicas": 0, "revisionHistoryLimit": 10, "test": False, "triggers": [{"type": "ConfigChange"}]}
    defaults |= {"selector": labels} if labels else {}
    spec = filled(obj["spec"], defaults)
    strategy = filled(spec.get("strategy"), {"type": "Rolling", "activeDeadlineSeconds": 21600, "resources": {}})
    if strategy["type"] == "Rolling":
        periods = {"updatePeriodSeconds": 1, "intervalSeconds": 1, "timeoutSeconds": 600}
        strategy["rollingParams"] = filled(strategy.get("rollingParams"), {**periods, **_ROLLING})
    if strategy["type"] == "Recreate":
        strategy["recreateParams"] = filled(strategy.get("recreateParams"), {"timeoutSeconds": 600})
    return {**obj, "spec": with_template_defaults({**spec, "strategy": strategy})}
