"""/oauth/authorize: a client asks to act for somebody; they prove who they are, agree, and are sent back."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

from roadstead.apimachinery.ask import Ask
from roadstead.auth.credentials import Basic, Nothing, presented
from roadstead.auth.scopes import parse_role, refused_scopes
from roadstead.auth.users import User
from roadstead.base.audit import note_login
from roadstead.base.errors import Invalid
from roadstead.base.values import Json
from roadstead.base.web import Reply
from roadstead.kube.status import StatusError
from roadstead.oauth import addresses, asking, pages
from roadstead.oauth.asking import OAuthError, Wanted
from roadstead.oauth.grants import Grants
from roadstead.oauth.identities import LoginRefused
from roadstead.oauth.logins import Logins
from roadstead.oauth.visits import Visit, Visits
from roadstead.resources.people import People

PATH, APPROVE_PATH = "/oauth/authorize", "/oauth/authorize/approve"
REALM = 'Basic realm="openshift"'
_MEANINGS = {
    "user:full": "everything you may do, secrets included",
    "user:info": "read who you are: name, identities, groups",
    "user:check-access": "ask what you may do",
    "user:list-projects": "list your projects",
    "user:list-scoped-projects": "list those of your projects that the token may see",
}


class Authorize:
    """The two pages of it: the request itself, and the question for those clients that must ask."""

    def __init__(self, visits: Visits, people: People, grants: Grants, logins: Logins) -> None:
        self._visits, self._people, self._grants, self._logins = visits, people, grants, logins

    async def __call__(self, visit: Visit) -> Reply:
        """GET: a redirect back to the client, to the login page, to the question; or a challenge."""
        client, wanted = self._known(visit)
        try:
            self._check(client, wanted)
            if client.get("respondWithChallenges"):
                found = await self._challenged(visit)
            else:
                found = await self._visits.user(visit) or _to_login(visit)
            if isinstance(found, Reply):
                return found
            if client.get("grantMethod") == "prompt" and not self._approved(found, client, wanted):
                return Reply(302, [("Location", f"{APPROVE_PATH}?{visit.request.query}")])
            return await self._granted(visit, found, client, wanted)
        except OAuthError as told:
            return _refused(wanted, told)

    async def approve(self, visit: Visit) -> Reply:
        """GET asks whether the client may have it; POST takes the answer."""
        client, wanted = self._known(visit)
        user = await self._visits.user(visit)
        if user is None:
            return _to_login(replace(visit, request=replace(visit.request, path=PATH)))
        try:
            self._check(client, wanted)
        except OAuthError as told:
            return _refused(wanted, told)
        if visit.request.method == "GET":
            return self._question(visit, client, wanted)
        self._visits.check_proof(visit)
        allowed = [scope for scope in wanted.scopes if f"scope:{scope}" in visit.fields]
        if visit.fields.get("decision") != "allow" or not allowed:
            reply = _refused(wanted, OAuthError("access_denied", "the user denied it"))
            return replace(reply, headers=[*reply.headers, visit.drop_cookie("session")])
        await self._keep_approval(user, client, allowed)
        query = {**visit.fields, "scope": " ".join(allowed)}
        kept = {name: query[name] for name in _PARAMETERS if query.get(name)}
        return Reply(303, [("Location", f"{PATH}?{urlencode(kept)}")])

    def _known(self, visit: Visit) -> tuple[Json, Wanted]:
        """The client and the request with its address; raises Invalid where nobody may be sent back."""
        wanted = Wanted.of(visit.fields)
        client = self._people.clients.peek("", wanted.client) if wanted.client else None
        if client is None or client["metadata"].get("deletionTimestamp"):
            raise Invalid(f"there is no OAuth client {ascii(wanted.client[:100])}")
        redirect = addresses.redirect_for(wanted.redirect, client.get("redirectURIs") or (), visit.issuer)
        if redirect is None:
            raise Invalid(
                f"redirect_uri {ascii(wanted.redirect[:200])} is not one of those of OAuth client {wanted.client}"
            )
        return client, replace(wanted, redirect=redirect)

    def _check(self, client: Json, wanted: Wanted) -> None:
        public = not client.get("secret") and not client.get("additionalSecrets")
        wanted.check(needs_challenge=public and wanted.kind == "code" and addresses.is_loopback(wanted.redirect))
        if refused := refused_scopes(client, wanted.scopes):
            raise OAuthError("access_denied", f"scope denied: {' '.join(refused)}")

    async def _challenged(self, visit: Visit) -> User | Reply:
        """The user behind a name and a password, or the challenge.

        Browsers send passwords they remember to whoever asks for our address, but no header of their own: without it
        neither challenge nor password counts.
        """
        headers = visit.request.headers
        if not headers.get("X-CSRF-Token"):
            text = "A non-empty X-CSRF-Token header is required to receive basic-auth challenges"
            return _unauthorized(text, ("Warning", f'199 OpenShift "{text}"'))
        if not self._logins.any:
            return _unauthorized(f"You must obtain an API token by visiting {visit.issuer}/oauth/token/request")
        match presented(headers.getall("Authorization", [])):
            case Basic(name, password):
                note_login(visit.request, name=name, decision="unauthenticated")
                try:
                    user = await self._logins.log_in(name, password, visit.request.remote)
                except LoginRefused as refused:
                    note_login(visit.request, decision="forbid", reason=refused.message)
                    return _unauthorized(refused.message)
                return user or _unauthorized("wrong name or password", ("WWW-Authenticate", REALM))
            case Nothing():
                return _unauthorized("name and password are needed", ("WWW-Authenticate", REALM))
            case _:
                return _unauthorized("the Authorization header cannot be read", ("WWW-Authenticate", REALM))

    def _approved(self, user: User, client: Json, wanted: Wanted) -> bool:
        found = self._people.authorizations.peek("", f"{user.name}:{client['metadata']['name']}")
        if found is None or found.get("userUID") != user.uid:
            return False
        return set(wanted.scopes) <= set(found.get("scopes") or ())

    async def _keep_approval(self, user: User, client: Json, scopes: list[str]) -> None:
        name, ask = f"{user.name}:{client['metadata']['name']}", Ask.internal(self._visits.now())
        kind, kept = self._people.authorizations, self._people.authorizations.peek("", name)
        if kept is not None and kept.get("userUID") != user.uid:
            await kind.delete("", name, ask)
            kept = None
        head = {"kind": kind.resource.kind, "apiVersion": kind.resource.api_version, "metadata": {"name": name}}
        about = {"clientName": client["metadata"]["name"], "userName": user.name, "userUID": user.uid}
        if kept is None:
            await kind.create("", {**head, **about, "scopes": scopes}, ask)
            return
        both = list(dict.fromkeys([*(kept.get("scopes") or ()), *scopes]))
        try:
            await kind.update("", name, {**kept, "scopes": both}, ask)
        except StatusError as lost:
            if lost.code != 409:
                raise

    async def _granted(self, visit: Visit, user: User, client: Json, wanted: Wanted) -> Reply:
        told = f"{wanted.kind} for {wanted.client}, {' '.join(wanted.scopes)}"
        note_login(visit.request, user=user.name, decision="allow", reason=told)
        grant = {"scopes": list(wanted.scopes), "redirectURI": wanted.redirect}
        if wanted.kind == "code":
            more = {"codeChallenge": wanted.challenge, "codeChallengeMethod": wanted.method, "state": wanted.state}
            answer = [("code", await self._grants.code(user, client, {**grant, **more})), ("state", wanted.state)]
        else:
            given = await self._grants.token(user, client, grant)
            lasts = str(given.seconds) if given.seconds else ""
            answer = [("access_token", given.token), ("expires_in", lasts), ("scope", " ".join(given.scopes))]
            answer += [("state", wanted.state), ("token_type", "Bearer")]
        location = asking.back(wanted.redirect, answer, fragment=wanted.kind == "token")
        return Reply(302, [("Location", location), visit.drop_cookie("session")])

    def _question(self, visit: Visit, client: Json, wanted: Wanted) -> Reply:
        hidden, headers = self._visits.proof(visit)
        scopes = [(scope, _meaning(scope)) for scope in wanted.scopes]
        action = f"{APPROVE_PATH}?{visit.request.query}"
        name = client["metadata"]["name"]
        body = pages.approval(name, scopes, wanted.redirect, hidden, action)
        policy = pages.security_headers([addresses.origin_of(wanted.redirect)])
        return pages.page(f"Allow {name}?", body, headers=[*policy, *headers])


_PARAMETERS = (
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
)


def _to_login(visit: Visit) -> Reply:
    then = f"{visit.request.path}?{visit.request.query}"
    return Reply(302, [("Location", f"/login?{urlencode({'then': then})}")])


def _refused(wanted: Wanted, told: OAuthError) -> Reply:
    answer = [("error", told.error), ("error_description", told.description), ("state", wanted.state)]
    # In the query for the implicit flow too, where OpenShift's clients look for it.
    return Reply(302, [("Location", asking.back(wanted.redirect, answer))])


def _unauthorized(text: str, *headers: tuple[str, str]) -> Reply:
    plain = ("Content-Type", "text/plain; charset=utf-8")
    return Reply(401, [plain, *headers], f"{text}\n".encode())


def _meaning(scope: str) -> str:
    role = parse_role(scope)
    if role is None:
        return _MEANINGS.get(scope, "")
    where = "everywhere" if role.namespace == "*" else f"in {role.namespace}"
    kept = "" if role.escalating else ", secrets and roles left out"
    return f"what you may do {where} that is also in the role {role.role}{kept}"
