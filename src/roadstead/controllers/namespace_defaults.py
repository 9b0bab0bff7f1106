"""Every namespace has its accounts and its bindings: made when missing, never edited (contract, 9.6 and 11)."""

from __future__ import annotations

from collections.abc import Iterable

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection, Staged, commit
from roadstead.auth.bootstrap import namespace_bindings
from roadstead.auth.users import controller
from roadstead.base.values import Json
from roadstead.controllers.clock import REAL, Clock
from roadstead.controllers.lease import Lease
from roadstead.controllers.loop import KeysOf, Loop, Watched
from roadstead.controllers.queue import Key

ACCOUNTS = ("default", "builder", "deployer")
BINDINGS = tuple(each["metadata"]["name"] for each in namespace_bindings("any"))
TERMINATING = "Terminating"
ACTOR = controller("default-rolebindings-controller")


class NamespaceDefaults:
    """One key for each namespace; whatever is missing in it is written in one transaction."""

    def __init__(
        self, namespaces: Collection, accounts: Collection, bindings: Collection, *, clock: Clock = REAL
    ) -> None:
        self._namespaces, self._accounts, self._bindings, self._clock = namespaces, accounts, bindings, clock

    def loop(self, lease: Lease | None = None) -> Loop:
        """The loop that keeps them."""
        watched = (
            Watched(self._namespaces, lambda namespace: (("", namespace["metadata"]["name"]),)),
            Watched(self._accounts, _of_ours(frozenset(ACCOUNTS))),
            Watched(self._bindings, _of_ours(frozenset(BINDINGS))),
        )
        return Loop("namespace defaults", watched, self.reconcile, lease=lease, clock=self._clock)

    async def reconcile(self, key: Key) -> None:
        """Makes what the namespace lacks; one that is going gets nothing any more."""
        _, name = key
        namespace = self._namespaces.peek("", name)
        if namespace is None or (namespace.get("status") or {}).get("phase") == TERMINATING:
            return
        ask = Ask.internal(self._clock.now(), user=ACTOR)
        wanted = [(self._accounts, {"metadata": {"name": each, "namespace": name}}) for each in ACCOUNTS]
        wanted += [(self._bindings, each) for each in namespace_bindings(name)]
        staged: list[Staged] = []
        for collection, obj in wanted:
            if collection.peek(name, obj["metadata"]["name"]) is None:
                staged.append(await collection.stage_create(obj, ask))
        if staged:
            await commit(staged)


def _of_ours(names: frozenset[str]) -> KeysOf:
    def key_of(obj: Json) -> Iterable[Key]:
        metadata = obj["metadata"]
        return (("", metadata["namespace"]),) if metadata["name"] in names else ()

    return key_of
