"""Mirror rules and registry policies of the cluster -> the places to try for an image, in order; no I/O.

Registry contract, section 12.3, and image-api contract, section 14.6; the meaning is that of the container runtimes
(containers-registries.conf): the most specific source decides, mirrors come in order, the source itself comes last
unless its rule says never to contact it, and a blocked place is passed over. Unlike there, rules for pulls by digest
and for pulls by tag are looked up apart, so that a rule of one kind never hides one of the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from roadstead.base.values import Json
from roadstead.remote.places import Place
from roadstead.streams.pullspec import DOCKER_HUB, DOCKER_HUB_ALIASES, HOST, PullSpec, host_and_port

NEVER = "NeverContactSource"
MOST_RULES = 10_000
MOST_MIRRORS = 1024
MOST_SCOPES = 1024
LONGEST_SCOPE = 256
LONGEST_NAME = 255

_HOST = rf"{HOST}(?::[0-9]{{1,5}})?"
_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_SCOPE = re.compile(rf"(?:\*\.)?{_HOST}(?:/{_COMPONENT})*")
_LOCATION = re.compile(rf"{_HOST}(?:/{_COMPONENT})*")
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")


@dataclass(frozen=True, slots=True)
class Rule:
    """Images of `source` (a host, a path under it, or `*.domain`) are found at the mirrors."""

    source: str
    mirrors: tuple[str, ...]
    never_source: bool


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A place that is not tried, and the rule that says so."""

    place: str
    rule: str


@dataclass(frozen=True, slots=True)
class Directions:
    """The places to try, in order, and those a rule keeps us from."""

    places: tuple[Place, ...]
    passed_over: tuple[PassedOver, ...] = ()


@dataclass(frozen=True, slots=True)
class Mirrors:
    """Every rule in force. `allowed` None allows any registry; `problems` are entries that cannot be used."""

    digest_rules: tuple[Rule, ...] = ()
    tag_rules: tuple[Rule, ...] = ()
    blocked: tuple[str, ...] = ()
    insecure: tuple[str, ...] = ()
    allowed: tuple[str, ...] | None = None
    search: tuple[str, ...] = ()
    problems: tuple[str, ...] = field(default=(), compare=False)

    def directions(self, spec: PullSpec, *, insecure: bool = False) -> Directions:
        """Where to ask for what `spec` names; by digest when it has one. `insecure` is the wish of its tag, which
        holds for the place the image names and for no mirror."""
        rules = self.digest_rules if spec.id else self.tag_rules
        places: list[Place] = []
        passed_over: list[PassedOver] = []
        for name in self._names(spec):
            if self.allowed is not None and not any(covers(scope, name) for scope in self.allowed):
                passed_over.append(PassedOver(name, "allowedRegistries of image.config.openshift.io/cluster"))
                continue
            rule = best(rules, name)
            mirrors = [_rewritten(rule.source, mirror, name) for mirror in rule.mirrors] if rule else []
            for location in mirrors:
                self._add(places, passed_over, location)
            if rule is not None and rule.never_source:
                passed_over.append(PassedOver(name, f"mirrorSourcePolicy {NEVER} of {rule.source}"))
            else:
                self._add(places, passed_over, name, insecure=insecure)
        return Directions(tuple(places), tuple(passed_over))

    def blocking(self, name: str) -> str | None:
        """The blockedRegistries entry that forbids a place (host[:port][/path]); None when none does.

        An entry without a port means the host at every port.
        """
        names = {name, _without_port(name), _with_port(name)}
        return next((scope for scope in self.blocked if any(covers(scope, each) for each in names)), None)

    def is_insecure(self, name: str) -> bool:
        """Whether the place is listed in insecureRegistries."""
        return any(covers(scope, name) for scope in self.insecure)

    def _add(
        self, places: list[Place], passed_over: list[PassedOver], location: str, *, insecure: bool = False
    ) -> None:
        host, _, repository = location.partition("/")
        if not _REPOSITORY.fullmatch(repository) or len(location) > LONGEST_NAME:
            passed_over.append(PassedOver(location, "does not name a repository"))
            return
        if (scope := self.blocking(location)) is not None:
            rule = f"blockedRegistries of image.config.openshift.io/cluster, entry {scope}"
            passed_over.append(PassedOver(location, rule))
            return
        if all((each.host, each.repository) != (host, repository) for each in places):
            places.append(Place(host, repository, insecure or self.is_insecure(location)))

    def _names(self, spec: PullSpec) -> list[str]:
        """host/path of the image, once for each search registry when it names none."""
        if spec.registry or not self.search:
            return [full_name(spec)]
        path = "/".join(part for part in (spec.namespace, spec.name) if part)
        return [_hub(path) if host in DOCKER_HUB_ALIASES else f"{host}/{path}" for host in self.search]


def full_name(spec: PullSpec) -> str:
    """host/path as rules name it: Docker Hub under its one name, `library` written out."""
    path = "/".join(part for part in (spec.namespace, spec.name) if part)
    host = spec.registry.lower()
    return _hub(path) if not host or host in DOCKER_HUB_ALIASES else f"{host}/{path}"


def covers(scope: str, name: str) -> bool:
    """Whether host[:port]/path lies in the scope: the same, below it, or a subdomain of `*.domain`."""
    return matched(scope, name) > 0


def matched(scope: str, name: str) -> int:
    """How many characters of the name the scope stands for; 0 when it does not cover the name."""
    if not scope.startswith("*."):
        return len(scope) if name == scope or name.startswith(f"{scope}/") else 0
    host, slash, _ = name.partition("/")
    domain, below, path = scope[1:].partition("/")
    if not host.endswith(domain) or len(host) == len(domain):
        return 0
    whole = f"{host}{below}{path}"
    return len(whole) if name == whole or name.startswith(f"{whole}/") else 0


def best(rules: Sequence[Rule], name: str) -> Rule | None:
    """The rule whose source says most about the name: an exact host before a wildcard, a longer one before a shorter.

    Rules of the same source, from several objects, are one already (`read`).
    """
    fitting = [rule for rule in rules if matched(rule.source, name)]
    return max(fitting, key=lambda rule: (not rule.source.startswith("*."), len(rule.source)), default=None)


def read(icsp: Iterable[Json], idms: Iterable[Json], itms: Iterable[Json], image_config: Json | None) -> Mirrors:
    """The rules of ImageContentSourcePolicy, ImageDigestMirrorSet and ImageTagMirrorSet objects, in the order listed,
    and of `image.config.openshift.io/cluster` (None when there is no such object)."""
    problems: list[str] = []
    digest = [
        *_rules(icsp, "ImageContentSourcePolicy", "repositoryDigestMirrors", problems),
        *_rules(idms, "ImageDigestMirrorSet", "imageDigestMirrors", problems),
    ]
    tag = _rules(itms, "ImageTagMirrorSet", "imageTagMirrors", problems)
    sources = _object(_object(image_config or {}, "spec"), "registrySources")
    allowed = _scopes(sources, "allowedRegistries", problems)
    return Mirrors(
        _merged(digest, problems),
        _merged(tag, problems),
        _scopes(sources, "blockedRegistries", problems),
        _scopes(sources, "insecureRegistries", problems),
        # Entries nobody can read must not turn "these alone" into "all of them".
        allowed if sources.get("allowedRegistries") else None,
        _scopes(sources, "containerRuntimeSearchRegistries", problems),
        tuple(problems),
    )


def _rules(objects: Iterable[Json], kind: str, field_name: str, problems: list[str]) -> list[Rule]:
    found = []
    for obj in objects:
        name = f"{kind} {_object(obj, 'metadata').get('name', '')}"
        entries = _object(obj, "spec").get(field_name)
        for index, entry in enumerate(entries if isinstance(entries, list) else []):
            rule = _rule(entry, f"{name}: {field_name}[{index}]", problems)
            if rule is not None:
                found.append(rule)
    return found


def _rule(entry: object, where: str, problems: list[str]) -> Rule | None:
    if not isinstance(entry, dict) or not _is_scope(entry.get("source")):
        problems.append(f"{where}: the source must be a registry, a path in one, or *.DOMAIN")
        return None
    mirrors = []
    listed = entry.get("mirrors")
    for mirror in (listed if isinstance(listed, list) else [])[:MOST_MIRRORS]:
        if isinstance(mirror, str) and len(mirror) <= LONGEST_NAME and _LOCATION.fullmatch(mirror):
            mirrors.append(_folded(mirror))
        else:
            problems.append(f"{where}: a mirror must be HOST[:PORT][/PATH], without tag or digest")
    return Rule(_folded(entry["source"]), tuple(dict.fromkeys(mirrors)), entry.get("mirrorSourcePolicy") == NEVER)


def _merged(rules: list[Rule], problems: list[str]) -> tuple[Rule, ...]:
    """One rule per source: mirrors in the order they are first named; one `never` keeps everybody from the source."""
    if len(rules) > MOST_RULES:
        problems.append(f"{len(rules)} mirror rules; only the first {MOST_RULES} are used")
    merged: dict[str, Rule] = {}
    for rule in rules[:MOST_RULES]:
        known = merged.get(rule.source, Rule(rule.source, (), False))
        mirrors = tuple(dict.fromkeys((*known.mirrors, *rule.mirrors)))
        merged[rule.source] = Rule(rule.source, mirrors, known.never_source or rule.never_source)
    return tuple(merged.values())


def _scopes(sources: Json, name: str, problems: list[str]) -> tuple[str, ...]:
    listed = sources.get(name)
    if not isinstance(listed, list):
        return ()
    good = [each for each in listed[:MOST_SCOPES] if _is_scope(each)]
    if len(good) < len(listed):
        problems.append(f"registrySources.{name}: {len(listed) - len(good)} of its entries name no registry")
    return tuple(dict.fromkeys(_folded(each) for each in good))


def _folded(text: str) -> str:
    """One spelling for the same host: lower case, Docker Hub under its one name."""
    host, slash, path = text.partition("/")
    host = host.lower()
    return f"{DOCKER_HUB if host in DOCKER_HUB_ALIASES else host}{slash}{path}"


def _is_scope(text: object) -> bool:
    return isinstance(text, str) and len(text) <= LONGEST_SCOPE and _SCOPE.fullmatch(text) is not None


def _rewritten(source: str, mirror: str, name: str) -> str:
    """The name at a mirror: what follows the source in it is put behind the mirror."""
    return mirror + name[matched(source, name) :]


def _without_port(name: str) -> str:
    host, slash, path = name.partition("/")
    return f"{host_and_port(host)[0]}{slash}{path}"


def _with_port(name: str) -> str:
    """The name with the port that https has by itself."""
    host, slash, path = name.partition("/")
    return name if host_and_port(host)[1] else f"{host}:443{slash}{path}"


def _hub(path: str) -> str:
    return f"{DOCKER_HUB}/{path}" if "/" in path else f"{DOCKER_HUB}/library/{path}"


def _object(obj: Json, name: str) -> Json:
    value = obj.get(name) if isinstance(obj, dict) else None
    return value if isinstance(value, dict) else {}
