"""Every plain kind as a collection, with the rules of those that have some."""

from __future__ import annotations

from collections.abc import Callable

from roadstead.apimachinery.collection import Collection, NamespaceCheck, Rules
from roadstead.auth.rbac import Rules as Policy
from roadstead.kube.status import GroupResource
from roadstead.objects.store import Store
from roadstead.resources import plain
from roadstead.resources.plainrules import GrantRules, SecretRules

PLAIN_KEPT_BYTES = 1024 * 1024
"""Encoded objects of one plain kind kept at hand; few of them are read often."""


def plain_collections(
    store: Store, policy: Callable[[], Policy], check: NamespaceCheck
) -> dict[GroupResource, Collection]:
    """The plain kinds by name, but for namespaces. `policy` gives the roles and bindings in force."""
    rules = _rules(policy)
    return {
        each.group_resource: Collection(
            each, store, rules.get(each.group_resource), namespace_check=check, kept_bytes=PLAIN_KEPT_BYTES
        )
        for each in plain.PLAIN
        if each is not plain.NAMESPACES
    }


def _rules(policy: Callable[[], Policy]) -> dict[GroupResource, Rules]:
    found: dict[GroupResource, Rules] = {each.group_resource: GrantRules(each, policy) for each in plain.GRANTING}
    found[plain.SECRETS.group_resource] = SecretRules()
    return found
