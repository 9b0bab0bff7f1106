"""Where an image that lives elsewhere may be got, and with which keys: what the cluster's objects say right now."""

from __future__ import annotations

import base64
import binascii
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection, ListOptions
from roadstead.base.values import Json
from roadstead.kube.status import GroupResource
from roadstead.remote import mirrors
from roadstead.remote.authfiles import AuthFiles, Programs
from roadstead.remote.keyring import Form, Keyring, KeyText
from roadstead.remote.mirrors import Mirrors, PassedOver
from roadstead.remote.places import Credential, Place
from roadstead.streams import pullspec
from roadstead.streams.pullspec import PullSpec

CONFIG_NAMESPACE, PULL_SECRET, CLUSTER = "openshift-config", "pull-secret", "cluster"
EXCLUDED = "openshift.io/image.excludeSecret"
FORMS: dict[str, tuple[Form, str]] = {
    "kubernetes.io/dockerconfigjson": ("config", ".dockerconfigjson"),
    "kubernetes.io/dockercfg": ("dockercfg", ".dockercfg"),
}
"""Types of secrets that hold keys -> how they are written, and under which name."""

MOST_SECRETS = 1000
"""Secrets of one namespace that are looked into."""
NAMESPACES_KEPT = 512


@dataclass(frozen=True, slots=True)
class Plan:
    """What to try for one image: each place in turn, at each place the keys that fit it in turn.

    `passed_over` are places a rule keeps us from; `problems` are secrets and rules that cannot be used, for people.
    """

    places: tuple[Place, ...]
    keys: PlannedKeys
    passed_over: tuple[PassedOver, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def refusal(self) -> str | None:
        """Why nothing may be asked at all; None when there is a place to ask."""
        if self.places:
            return None
        why = "; ".join(f"{each.place}: {each.rule}" for each in self.passed_over)
        return f"no registry may be asked for it: {why}"


@dataclass(frozen=True, slots=True)
class PlannedKeys:
    """The keys found for the places of a plan; see `Keys`."""

    found: dict[tuple[str, str], tuple[Credential, ...]]

    def matching(self, host: str, repository: str) -> Sequence[Credential]:
        """Those of exactly this place."""
        return self.found.get((host, repository), ())


@dataclass(frozen=True, slots=True)
class Books:
    """The kinds that hold rules and keys; None where this API has no such kind."""

    secrets: Collection
    config_maps: Collection | None = None
    content_source_policies: Collection | None = None
    digest_mirror_sets: Collection | None = None
    tag_mirror_sets: Collection | None = None
    image_config: Collection | None = None

    @classmethod
    def among(cls, kinds: Mapping[GroupResource, object]) -> Books:
        """The books among all kinds of the API."""

        def kind(group: str, plural: str) -> Collection | None:
            found = kinds.get(GroupResource(group, plural))
            return found if isinstance(found, Collection) else None

        secrets = kind("", "secrets")
        assert secrets is not None
        return cls(
            secrets,
            kind("", "configmaps"),
            kind("operator.openshift.io", "imagecontentsourcepolicies"),
            kind("config.openshift.io", "imagedigestmirrorsets"),
            kind("config.openshift.io", "imagetagmirrorsets"),
            kind("config.openshift.io", "images"),
        )


@dataclass(frozen=True, slots=True)
class _Policy:
    """The rules in force, and certificates by host[:port]."""

    stamp: tuple[int, ...]
    mirrors: Mirrors
    authorities: dict[str, str]


class Sources:
    """Read through the collections each time they changed, so that a change takes effect at once."""

    def __init__(self, books: Books, files: AuthFiles) -> None:
        self._books, self._files = books, files
        self._programs = Programs()
        self._policy: _Policy | None = None
        self._rings: OrderedDict[str, tuple[object, Keyring]] = OrderedDict()

    async def for_pull(self, namespace: str, reference: str | PullSpec, *, insecure: bool = False) -> Plan:
        """Places and keys for an image that a stream of the namespace refers to. `insecure` is the wish of its tag.

        Raises InvalidPullSpec for a text that is no reference.
        """
        spec = pullspec.parse(reference) if isinstance(reference, str) else reference
        policy, ring = await self._rules(), await self.keyring(namespace)
        directions = policy.mirrors.directions(spec, insecure=insecure)
        places = tuple(replace(each, ca=policy.authorities.get(each.host, "")) for each in directions.places)
        found = {(each.host, each.repository): await self._keys(ring, each) for each in places}
        problems = (*(str(each) for each in ring.problems), *policy.mirrors.problems)
        return Plan(places, PlannedKeys(found), directions.passed_over, problems)

    async def rules(self) -> Mirrors:
        """Mirrors and policies in force."""
        return (await self._rules()).mirrors

    async def keyring(self, namespace: str) -> Keyring:
        """The keys of a namespace, then the cluster's, then the host's (image-api contract, section 14.6)."""
        stamp = self._books.secrets.store.last_change(_resource(self._books.secrets)), self._files.stamp()
        known = self._rings.get(namespace)
        if known is None or known[0] != stamp:
            groups = [await self._namespace_texts(namespace), self._cluster_texts()]
            groups += [[text] for text in await self._files.texts()]
            known = self._rings[namespace] = stamp, Keyring.read(groups)
        self._rings.move_to_end(namespace)
        if len(self._rings) > NAMESPACES_KEPT:
            self._rings.popitem(last=False)
        return known[1]

    async def _keys(self, ring: Keyring, place: Place) -> tuple[Credential, ...]:
        keys = []
        for each in ring.with_programs(place.host, place.repository):
            key = each if isinstance(each, Credential) else await self._programs.credential(each, place.host)
            if key is not None:
                keys.append(key)
        return tuple(keys)

    async def _namespace_texts(self, namespace: str) -> list[KeyText]:
        items = await self._listed(self._books.secrets, namespace)
        texts = [text for item in items if (text := _key_text(item)) is not None]
        return texts[:MOST_SECRETS]

    def _cluster_texts(self) -> list[KeyText]:
        secret = self._books.secrets.peek(CONFIG_NAMESPACE, PULL_SECRET)
        text = _key_text(secret) if secret else None
        return [text] if text is not None else []

    async def _rules(self) -> _Policy:
        books = self._books
        kinds = (books.content_source_policies, books.digest_mirror_sets, books.tag_mirror_sets, books.image_config)
        watched = [each for each in (*kinds, books.config_maps) if each is not None]
        stamp = tuple(each.store.last_change(_resource(each)) for each in watched)
        if self._policy is None or self._policy.stamp != stamp:
            config = books.image_config.peek("", CLUSTER) if books.image_config else None
            old, by_digest, by_tag = [await self._listed(each) for each in kinds[:3]]
            read = mirrors.read(old, by_digest, by_tag, config)
            self._policy = _Policy(stamp, read, self._authorities(config))
        return self._policy

    def _authorities(self, image_config: Json | None) -> dict[str, str]:
        """host[:port] -> PEM, of the config map that additionalTrustedCA names; `..` stands for `:` in its keys."""
        trusted = ((image_config or {}).get("spec") or {}).get("additionalTrustedCA") or {}
        name = trusted.get("name") if isinstance(trusted, dict) else None
        if not name or self._books.config_maps is None:
            return {}
        data = (self._books.config_maps.peek(CONFIG_NAMESPACE, str(name)) or {}).get("data") or {}
        return {key.replace("..", ":").lower(): text for key, text in data.items() if isinstance(text, str)}

    async def _listed(self, kind: Collection | None, namespace: str | None = None) -> list[Json]:
        if kind is None:
            return []
        return list((await kind.list(namespace, ListOptions(), Ask.internal(datetime.now(UTC)))).items)


def _resource(kind: Collection) -> str:
    return kind.resource.key_resource


def _key_text(secret: Json) -> KeyText | None:
    """The keys in a secret of one of the types that hold them, unless it is to be left out."""
    form, name = FORMS.get(str(secret.get("type")), (None, ""))
    meta = secret.get("metadata") or {}
    if form is None or (meta.get("annotations") or {}).get(EXCLUDED) == "true":
        return None
    try:
        text = base64.b64decode(str((secret.get("data") or {}).get(name) or ""))
    except (binascii.Error, ValueError):
        text = b""
    return KeyText(f"secret {meta.get('namespace', '')}/{meta.get('name', '')}", form, text)
