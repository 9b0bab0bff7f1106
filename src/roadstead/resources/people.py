"""The kinds of user.openshift.io and oauth.openshift.io, made and put together."""

from __future__ import annotations

from dataclasses import dataclass

from roadstead.apimachinery.collection import Collection, Rules
from roadstead.apimachinery.resource import Resource
from roadstead.apimachinery.served import Served
from roadstead.objects.store import Store
from roadstead.resources.oauthobjects import ACCESS_TOKENS, AUTHORIZATIONS, AUTHORIZE_TOKENS, CLIENTS
from roadstead.resources.oauthrules import rules_of
from roadstead.resources.useridentitymappings import UserIdentityMappings
from roadstead.resources.useroauthaccesstokens import UserOAuthAccessTokens
from roadstead.resources.users import GROUPS, IDENTITIES, USERS, GroupRules, Identities, IdentityRules, UserRules, Users

KEPT_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class People:
    """Users with what they log in by, and what they were given."""

    users: Users
    identities: Collection
    groups: Collection
    clients: Collection
    access_tokens: Collection
    authorize_tokens: Collection
    authorizations: Collection

    def served(self) -> tuple[Served, ...]:
        """Everything the API shows of them."""
        stored = (self.users, self.identities, self.groups)
        of_oauth = (self.clients, self.access_tokens, self.authorize_tokens, self.authorizations)
        views = (UserIdentityMappings(self.users, self.identities), UserOAuthAccessTokens(self.access_tokens))
        return (*stored, *of_oauth, *views)


def people(store: Store) -> People:
    """All of them over one store."""

    def kept(resource: Resource, rules: Rules | None = None) -> Collection:
        return Collection(resource, store, rules or rules_of(resource), kept_bytes=KEPT_BYTES)

    users = Users(USERS, store, UserRules(), kept_bytes=KEPT_BYTES)
    identities = Identities(IDENTITIES, store, IdentityRules(), kept_bytes=KEPT_BYTES)
    groups = kept(GROUPS, GroupRules())
    return People(users, identities, groups, *map(kept, (CLIENTS, ACCESS_TOKENS, AUTHORIZE_TOKENS, AUTHORIZATIONS)))
