"""What a kind may add to the generic behaviour."""

from __future__ import annotations

from collections.abc import Sequence

from roadstead.apimachinery.ask import Ask
from roadstead.base.values import Json
from roadstead.objects.log import Write


class Rules:
    """The rules of a kind; these defaults add nothing, a kind with rules overrides what it needs.

    Objects carry kind and apiVersion. `metadata` is stamped when the rules see it; labels, finalizers and the like are
    checked after them. Arguments named `obj` and `new` are copies that belong to the rule, which may change them.
    """

    collected: bool = True
    """Whether deleting with `Orphan` or `Foreground` leaves the object to a garbage collector."""

    def taken_in(self, obj: Json) -> Json:
        """What was sent, as it will be kept: fields that are only ever written become those they stand for. Whoever
        sent it manages the result."""
        return obj

    async def on_create(self, obj: Json, ask: Ask) -> Json:
        """Prepares and validates a new object; raises StatusError."""
        return obj

    async def on_update(self, new: Json, old: Json, ask: Ask) -> Json:
        """Prepares and validates a changed object; raises StatusError."""
        return new

    def on_delete(self, old: Json, ask: Ask) -> Sequence[Write]:
        """Further writes of the transaction that removes `old`; raises StatusError to refuse."""
        return ()

    def holds(self, obj: Json) -> bool:
        """Whether something besides its finalizers keeps a deleted object for now."""
        return False

    def on_mark(self, obj: Json, ask: Ask) -> Json:
        """What else changes when an object begins to wait for its end."""
        return obj

    def shown(self, obj: Json) -> Json:
        """Adds what is computed on every read, list item and watch event.

        The result is kept and shared: it must depend on the object and on settings, on nothing else.
        """
        return obj
