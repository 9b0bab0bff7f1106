"""Routes: defaults, generation and what is refused; no I/O. The rules are those of OpenShift's own API server."""

from __future__ import annotations

from roadstead.apimachinery.ask import Ask
from roadstead.base.values import Json
from roadstead.kube import names, status
from roadstead.kube.status import FieldError
from roadstead.resources.namedrules import NamedRules
from roadstead.resources.plain.cells import map_at, objects_at, text_at
from roadstead.resources.podtemplates import filled

WEIGHTS = range(257)
MOST_ALTERNATES = 3
ANY_HOST = "route.openshift.io/allow-non-dns-compliant-host"
"""The annotation of a route whose host need not be made of DNS labels."""
EDGE, PASSTHROUGH, REENCRYPT = "edge", "passthrough", "reencrypt"
_WILDCARDS = ("None", "Subdomain")
_BACKEND = {"kind": "Service", "weight": 100}
_TLS_TEXTS = {
    "certificate": "certificate",
    "key": "key",
    "caCertificate": "ca certificate",
    "destinationCACertificate": "destination ca certificate",
}
"""What a refusal says in place of these."""


class RouteRules(NamedRules):
    """A route: which service it leads to, and how much of the traffic. Nothing hands out hosts here."""

    async def on_create(self, obj: Json, ask: Ask) -> Json:
        """A new route; raises StatusError (422)."""
        made = await super().on_create(_with_defaults(obj), ask)
        return _of_generation(made, 1)

    async def on_update(self, new: Json, old: Json, ask: Ask) -> Json:
        """A changed route; raises StatusError (422)."""
        changed = await super().on_update(_with_defaults(new), old, ask)
        reached = int(old["metadata"].get("generation") or 1)
        return _of_generation(changed, reached + (changed["spec"] != old.get("spec")))

    def first_status(self, obj: Json) -> Json:
        """No router has looked at it."""
        return {}

    def errors(self, obj: Json, old: Json | None) -> list[FieldError]:
        """Everything wrong with the route."""
        spec, before = map_at(obj, "spec"), map_at(old or {}, "spec")
        found = super().errors(obj, old)
        if old is not None and text_at(spec, "wildcardPolicy") != (text_at(before, "wildcardPolicy") or "None"):
            policy = text_at(spec, "wildcardPolicy")
            found.append(status.invalid_value("spec.wildcardPolicy", policy, "field is immutable"))
        elif text_at(spec, "host") != text_at(before, "host") or old is None:
            found += _host_errors(
                text_at(spec, "host"), lax=text_at(obj, "metadata", "annotations", ANY_HOST) == "true"
            )
        return [*found, *_wildcard_errors(spec), *_path_errors(spec), *_backend_errors(spec), *_tls_errors(spec)]


def _with_defaults(obj: Json) -> Json:
    spec = filled(obj.get("spec"), {"wildcardPolicy": "None"})
    spec["to"] = filled(spec.get("to"), _BACKEND)
    if alternates := objects_at(spec, "alternateBackends"):
        spec["alternateBackends"] = [filled(each, _BACKEND) for each in alternates]
    if isinstance(spec.get("tls"), dict):
        spec["tls"] = filled(spec["tls"], {"termination": EDGE})
    return {**obj, "spec": spec}


def _of_generation(obj: Json, generation: int) -> Json:
    return {**obj, "metadata": {**obj["metadata"], "generation": generation}}


def _host_errors(host: str, *, lax: bool) -> list[FieldError]:
    if not host:
        return []
    found = ["host must conform to DNS 952 subdomain conventions"] if names.dns_subdomain(host) else []
    if not lax:
        found += [complaint for label in host.split(".") for complaint in names.dns_label(label)]
    return [status.invalid_value("spec.host", host, each) for each in dict.fromkeys(found)]


def _wildcard_errors(spec: Json) -> list[FieldError]:
    field, policy = "spec.wildcardPolicy", text_at(spec, "wildcardPolicy")
    if policy not in _WILDCARDS:
        return [status.not_supported(field, policy, _WILDCARDS)]
    if policy == "Subdomain" and not text_at(spec, "host"):
        return [status.invalid_value(field, policy, "host name not specified for wildcard policy")]
    return []


def _path_errors(spec: Json) -> list[FieldError]:
    path, errors = text_at(spec, "path"), []
    if any(mark in path for mark in "# "):
        errors.append("cannot contain # or spaces")
    if path and not path.startswith("/"):
        errors.append("path must begin with /")
    if path and text_at(spec, "tls", "termination") == PASSTHROUGH:
        errors.append("passthrough termination does not support paths")
    return [status.invalid_value("spec.path", path, each) for each in errors]


def _backend_errors(spec: Json) -> list[FieldError]:
    alternates, field = objects_at(spec, "alternateBackends"), "spec.alternateBackends"
    errors = _service_errors(map_at(spec, "to"), "spec.to")
    if len(alternates) > MOST_ALTERNATES:
        errors.append(status.required(field, f"cannot specify more than {MOST_ALTERNATES} alternate backends"))
    for index, each in enumerate(alternates):
        errors += _service_errors(each, f"{field}[{index}]")
    if isinstance(spec.get("port"), dict) and spec["port"].get("targetPort") in (None, 0, ""):
        errors.append(status.required("spec.port.targetPort"))
    return errors


def _service_errors(backend: Json, path: str) -> list[FieldError]:
    kind, weight, errors = text_at(backend, "kind"), backend.get("weight"), []
    if not text_at(backend, "name"):
        errors.append(status.required(f"{path}.name"))
    if kind != "Service":
        errors.append(status.invalid_value(f"{path}.kind", kind, "must reference a Service"))
    if weight not in WEIGHTS:
        errors.append(status.invalid_value(f"{path}.weight", weight, "weight must be an integer between 0 and 256"))
    return errors


def _tls_errors(spec: Json) -> list[FieldError]:
    tls = map_at(spec, "tls")
    termination, insecure = text_at(tls, "termination"), text_at(tls, "insecureEdgeTerminationPolicy")
    if not tls:
        return []
    errors = []
    if termination not in (EDGE, PASSTHROUGH, REENCRYPT):
        errors.append(status.not_supported("spec.tls.termination", termination, (EDGE, PASSTHROUGH, REENCRYPT)))
    for name, what in _TLS_TEXTS.items():
        if text_at(tls, name) and (why := _no_place_for(name, termination)):
            errors.append(status.invalid_value(f"spec.tls.{name}", f"redacted {what} data", why))
    taken = ("None", "Redirect") if termination == PASSTHROUGH else ("None", "Allow", "Redirect")
    if insecure and insecure not in taken and termination in (EDGE, PASSTHROUGH, REENCRYPT):
        why = "invalid value for InsecureEdgeTerminationPolicy option, acceptable values are "
        field = "spec.tls.insecureEdgeTerminationPolicy"
        errors.append(status.invalid_value(field, insecure, f"{why}{', '.join(taken)}, or empty"))
    return errors


def _no_place_for(name: str, termination: str) -> str:
    if termination == PASSTHROUGH:
        return "passthrough termination does not support certificates"
    if termination == EDGE and name == "destinationCACertificate":
        return "edge termination does not support destination certificates"
    return ""
