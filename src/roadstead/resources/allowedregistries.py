"""Which registries images may come from, as the settings and `image.config.openshift.io/cluster` say right now."""

from __future__ import annotations

from collections.abc import Sequence

from roadstead.apimachinery.collection import Collection
from roadstead.base.values import Json
from roadstead.kube.status import GroupResource
from roadstead.streams.allowlist import AllowList

IMAGE_CONFIG = GroupResource("config.openshift.io", "images")
CLUSTER = "cluster"


class AllowedRegistries:
    """`allowedRegistriesForImport`, and the setting beside it; a change of the object holds from the next write on."""

    def __init__(self, listed: Sequence[str], internal_registry: str, config: Collection | None = None) -> None:
        self._listed: list[Json] = [{"domainName": name} for name in listed]
        self._internal, self._config = internal_registry, config
        self._known: tuple[int, AllowList] | None = None

    def __call__(self) -> AllowList:
        """The list in force; nothing listed anywhere allows everything."""
        config = self._config
        revision = config.store.last_change(config.resource.key_resource) if config else 0
        if self._known is None or self._known[0] != revision:
            entries = [*self._listed, *_entries(config.peek("", CLUSTER) if config else None)]
            self._known = revision, AllowList.from_config(entries, self._internal)
        return self._known[1]


def _entries(config: Json | None) -> list[Json]:
    spec = (config or {}).get("spec")
    listed = spec.get("allowedRegistriesForImport") if isinstance(spec, dict) else None
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
