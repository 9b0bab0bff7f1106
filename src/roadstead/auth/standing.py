"""Whether what a token was made for is still there: the uid of an object as it is now."""

from __future__ import annotations

from collections import OrderedDict

import orjson

from roadstead.objects.log import Key
from roadstead.objects.store import Store

MEMO_ENTRIES = 10_000


class Standing:
    """Uids by place. Each look is one look-up in the log; an object is decoded only when it has changed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._memo: OrderedDict[Key, tuple[int, str]] = OrderedDict()

    def uid(self, resource: str, namespace: str, name: str) -> str:
        """The uid of the object; "" when there is none, or when it is being deleted."""
        key = Key(resource, namespace, name)
        entry = self._store.get(key)
        if entry is None:
            self._memo.pop(key, None)
            return ""
        known = self._memo.get(key)
        if known is not None and known[0] == entry.revision:
            return known[1]
        meta = orjson.loads(entry.value)["metadata"]
        # A pod that is ending may still need its token; whatever else is being deleted is as good as gone.
        leaving = meta.get("deletionTimestamp") and resource != "pods"
        uid = "" if leaving else str(meta.get("uid") or "")
        self._memo[key] = (entry.revision, uid)
        if len(self._memo) > MEMO_ENTRIES:
            self._memo.popitem(last=False)
        return uid
