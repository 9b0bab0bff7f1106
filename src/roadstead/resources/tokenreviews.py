"""TokenReview: whose token is this, and for whom is it meant?"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from roadstead.apimachinery.ask import Ask
from roadstead.apimachinery.collection import View
from roadstead.apimachinery.resource import Resource
from roadstead.apimachinery.served import Outcome
from roadstead.auth.account_tokens import AccountTokens
from roadstead.auth.credentials import BadCredentials
from roadstead.auth.policy import part, text, texts
from roadstead.auth.users import User
from roadstead.base.values import Json
from roadstead.kube import status
from roadstead.resources.shapes import shape_of

TOKEN_REVIEWS = Resource(
    "authentication.k8s.io", "v1", "tokenreviews", "tokenreview", "TokenReview",
    namespaced=False, verbs=("create",), stored=False, shape=shape_of("authentication.k8s.io", "TokenReview"),
)  # fmt: skip

UserOfToken = Callable[[str], Awaitable[User | None]]
"""Whose token this is for the API, of whatever kind it is; None for nobody. Raises BadCredentials."""


class TokenReviews(View):
    """Create only; nothing is stored, and the token does not come back."""

    resource = TOKEN_REVIEWS

    def __init__(self, accounts: AccountTokens, user_of_token: UserOfToken) -> None:
        self._accounts, self._user_of_token = accounts, user_of_token

    async def create(self, namespace: str, obj: Json, ask: Ask) -> Outcome:
        """The review with its status; raises StatusError (400)."""
        spec = part(obj, "spec")
        token, wanted = text(spec, "token"), texts(spec.get("audiences"))
        if not token:
            raise status.bad_request("token is required for TokenReview in authentication")
        found = await self._found(token, wanted or (self._accounts.issuer,), ask)
        kept = {key: value for key, value in spec.items() if key != "token"}
        return Outcome({**obj, "metadata": obj.get("metadata") or {}, "spec": kept, "status": found}, created=True)

    async def _found(self, token: str, wanted: tuple[str, ...], ask: Ask) -> Json:
        try:
            user = self._accounts.user_for(token, ask.now, wanted)
            if user is not None:
                meant = self._accounts.read(token)
                return _good(user, [each for each in wanted if meant is not None and each in meant.audiences])
            # Tokens of the other kinds name no audience: they are for the API, which goes by the issuer's name.
            if self._accounts.issuer in wanted:
                user = await self._user_of_token(token)
        except BadCredentials as refused:
            return {"user": {}, "error": f"[invalid bearer token, {refused.message}]"}
        if user is None:
            return {"user": {}, "error": "[invalid bearer token, it is unknown, revoked or meant for another audience]"}
        return _good(user, [self._accounts.issuer])


def _good(user: User, audiences: list[str]) -> Json:
    return {"authenticated": True, "user": user_info(user), "audiences": audiences}


def user_info(user: User) -> Json:
    """A user as reviews show them."""
    info: Json = {"username": user.name, "groups": list(user.groups)}
    if user.uid:
        info["uid"] = user.uid
    if user.extra:
        info["extra"] = {key: list(values) for key, values in user.extra.items()}
    return info
