"""The kinds around service accounts over a real log, with keys, a clock, and short ways to write."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection
from roadstead.apimachinery.resource import Resource
from roadstead.apimachinery.served import ListOptions
from roadstead.auth.account_keys import AccountKeys
from roadstead.auth.account_tokens import AccountTokens
from roadstead.auth.standing import Standing
from roadstead.base.values import Json
from roadstead.objects.store import Store
from roadstead.resources import plain
from roadstead.testing.clock import SimulatedClock

ISSUER = "https://issuer.test"


@dataclass
class Cluster:
    """Namespaces, accounts, secrets, bindings and services."""

    store: Store
    clock: SimulatedClock
    keys: Path

    def __post_init__(self) -> None:
        self.tokens = AccountTokens(AccountKeys(self.keys), Standing(self.store), ISSUER)
        self.namespaces, self.accounts = self._of(plain.NAMESPACES), self._of(plain.SERVICE_ACCOUNTS)
        self.secrets, self.bindings = self._of(plain.SECRETS), self._of(plain.ROLE_BINDINGS)
        self.services = self._of(plain.SERVICES)

    def _of(self, resource: Resource) -> Collection:
        return Collection(resource, self.store)

    def ask(self) -> Ask:
        return Ask.internal(self.clock.now())

    async def make(self, collection: Collection, name: str, namespace: str = "shop", **more: object) -> Json:
        """A new object."""
        annotations = more.pop("annotations", {})
        head = {"kind": collection.resource.kind, "apiVersion": "v1"}
        body = {**head, "metadata": {"name": name, "annotations": annotations}, **more}
        return (await collection.create(namespace, body, self.ask())).object

    async def change(self, collection: Collection, name: str, **changes: object) -> None:
        """Some fields of an object of `shop`."""
        found = collection.peek("shop", name)
        assert found is not None
        await collection.update("shop", name, {**found, **changes}, self.ask())

    async def remove(self, collection: Collection, name: str, namespace: str = "shop") -> None:
        """An object less."""
        await collection.delete(namespace, name, self.ask())

    async def all(self, collection: Collection, namespace: str = "shop") -> dict[str, Json]:
        """Every object by name."""
        listing = await collection.list(namespace, ListOptions(), self.ask())
        return {each["metadata"]["name"]: each for each in listing.items}
