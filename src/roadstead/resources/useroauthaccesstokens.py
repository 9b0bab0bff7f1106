"""UserOAuthAccessToken: one's own access tokens, and nobody else's (oauth.openshift.io/v1)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import Collection, View
from roadstead.apimachinery.served import Event, Listing, ListOptions
from roadstead.apimachinery.shown import Shown
from roadstead.apimachinery.view import page_of
from roadstead.base.values import Json
from roadstead.kube import status
from roadstead.resources.oauthobjects import USER_TOKENS


class UserOAuthAccessTokens(View):
    """Reads and revokes what belongs to whoever asks; the tokens of others do not exist here."""

    resource = USER_TOKENS

    def __init__(self, tokens: Collection) -> None:
        self._tokens = tokens

    async def get(self, namespace: str, name: str, ask: Ask) -> Json:
        """One token; raises StatusError (404)."""
        found = self._tokens.peek("", name)
        if found is None or not _owned(found, ask):
            raise status.not_found(self.resource.group_resource, name)
        return _as_own(found)

    async def list(self, namespace: str | None, options: ListOptions, ask: Ask) -> Listing:
        """All of them."""
        everything = await self._tokens.list(None, ListOptions(), ask)
        own = [_as_own(each) for each in everything.items if _owned(each, ask)]
        return page_of(own, options, self.resource, namespace, everything.revision)

    async def watch_own(self, options: ListOptions, ask: Ask) -> AsyncIterator[Event]:
        """Their changes."""
        everything = replace(options, fields=None, labels=None)
        async for event in self._tokens.watch(None, everything, ask):
            obj = event.object
            if event.type in ("BOOKMARK", "ERROR"):
                kind = {"kind": self.resource.kind} if event.type == "BOOKMARK" else {}
                yield Event(event.type, Shown.of({**obj, **kind}))
            elif _owned(obj, ask) and options.selects(obj, self.resource):
                yield Event(event.type, Shown.of(_as_own(obj)))

    def watch(self, namespace: str | None, options: ListOptions, ask: Ask) -> AsyncIterator[Event]:
        """See `watch_own`."""
        return self.watch_own(options, ask)

    async def delete(self, namespace: str, name: str, ask: Ask) -> Json:
        """Revokes one; raises StatusError (404)."""
        await self.get(namespace, name, ask)
        return await self._tokens.delete("", name, replace(ask, url_resource=self.resource.group_resource))


def _owned(token: Json, ask: Ask) -> bool:
    return bool(ask.user.name) and token.get("userName") == ask.user.name


def _as_own(token: Json) -> Json:
    return {**token, "kind": USER_TOKENS.kind, "apiVersion": USER_TOKENS.api_version}
