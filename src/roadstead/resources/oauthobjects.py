"""What the OAuth server keeps: clients, codes, access tokens, approvals (oauth.openshift.io/v1); no I/O."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from roadstead.apimachinery.resource import Column, Resource
from roadstead.base.values import Json
from roadstead.kube import schema
from roadstead.kube.objectmeta import kind_shape
from roadstead.kube.schema import Shape
from roadstead.kube.time import parse_time
from roadstead.resources.ages import age
from roadstead.resources.plain import NAME, field_of

GROUP = "oauth.openshift.io"
_TEXTS = schema.list_of(schema.text())
_RESTRICTION = Shape(
    "ScopeRestriction",
    {
        "literals": _TEXTS,
        "clusterRole": schema.object_of(
            Shape(
                "ClusterRoleScopeRestriction",
                {"roleNames": _TEXTS, "namespaces": _TEXTS, "allowEscalation": schema.boolean(default=False)},
            ),
            keep=False,
        ),
    },
)
_OF_TOKENS = {
    "clientName": schema.text(description="The OAuthClient that asked for it."),
    "expiresIn": schema.integer(description="Seconds it lasts from its creation on; 0 for ever."),
    "scopes": schema.list_of(schema.text(), description="What it may be used for at most, such as user:full."),
    "redirectURI": schema.text(description="Where the client was sent back to."),
    "userName": schema.text(description="Whose it is."),
    "userUID": schema.text(description="The uid of that user: one made anew under the name has another."),
}
_ACCESS_TOKEN = {
    **_OF_TOKENS,
    "authorizeToken": schema.text(description="The name of the code it was given for."),
    "refreshToken": schema.text(description="Not used."),
    "inactivityTimeoutSeconds": schema.integer(
        bits=32, description="Seconds from its creation after which it ends unless it is used; uses move this on."
    ),
}


def _text_of(name: str) -> Callable[[Json], str]:
    return lambda obj: str(obj.get(name, ""))


_BY_USER = {name: _text_of(name) for name in ("clientName", "userName", "userUID")}


def _created(obj: Json, now: datetime) -> str:
    return age(obj["metadata"].get("creationTimestamp"), now)


def _expires(obj: Json, _: datetime) -> str:
    ends = ends_of(obj)
    return "never" if ends is None else f"{ends:%Y-%m-%d %H:%M:%S} +0000 UTC"


def _listed(name: str) -> Callable[[Json, datetime], object]:
    return lambda obj, _: ",".join(map(str, obj.get(name) or ()))


def ends_of(token: Json) -> datetime | None:
    """When a code or token is over; None for one that lasts."""
    seconds = token.get("expiresIn") or 0
    return parse_time(token["metadata"]["creationTimestamp"]) + timedelta(seconds=seconds) if seconds > 0 else None


def _lasts(obj: Json, _: datetime) -> str:
    seconds = obj.get("accessTokenMaxAgeSeconds")
    if seconds is None:
        return "default"
    if seconds == 0:
        return "unexpiring"
    hours, rest = divmod(int(seconds), 3600)
    minutes, rest = divmod(rest, 60)
    return (f"{hours}h" if hours else "") + (f"{minutes}m" if hours or minutes else "") + f"{rest}s"


_CLIENT_AND_TIMES = (
    Column("Client Name", field_of("clientName"), format="name"),
    Column("Created", _created),
    Column("Expires", _expires),
    Column("Redirect URI", field_of("redirectURI")),
    Column("Scopes", _listed("scopes")),
)
_USER = Column("User Name", field_of("userName"), format="name")
_TOKEN_COLUMNS = (NAME, _USER, *_CLIENT_AND_TIMES)

CLIENTS = Resource(
    GROUP,
    "v1",
    "oauthclients",
    "oauthclient",
    "OAuthClient",
    namespaced=False,
    shape=kind_shape(
        "OAuthClient",
        {
            "secret": schema.text(description="What the client shows at /oauth/token; none for a program people run."),
            "additionalSecrets": schema.list_of(schema.text(), description="Further secrets that are good too."),
            "respondWithChallenges": schema.boolean(
                description="Ask for name and password by a challenge, as oc wants it, instead of by the login page."
            ),
            "redirectURIs": schema.list_of(
                schema.text(),
                as_set=True,
                description="Where it may be sent back to, and below; a path means this server; on loopback any port.",
            ),
            "grantMethod": schema.text(description="auto, or prompt to ask the user first."),
            "scopeRestrictions": schema.list_of(
                schema.object_of(_RESTRICTION), description="The scopes it may ask for; empty: all."
            ),
            "accessTokenMaxAgeSeconds": schema.integer(
                bits=32, keep=True, description="How long its tokens last; 0 for ever, absent: as the settings say."
            ),
            "accessTokenInactivityTimeoutSeconds": schema.integer(
                bits=32, keep=True, description="How long its tokens may lie unused: 0 for ever, else at least 300."
            ),
        },
        described="A program that may ask for tokens.",
    ),
    columns=(
        NAME,
        Column("Secret", field_of("secret")),
        Column("WWW-Challenge", field_of("respondWithChallenges", absent=False), "boolean"),
        Column("Token-Max-Age", _lasts),
        Column("Redirect URIs", _listed("redirectURIs")),
    ),
    confidential=True,
)
ACCESS_TOKENS = Resource(
    GROUP,
    "v1",
    "oauthaccesstokens",
    "oauthaccesstoken",
    "OAuthAccessToken",
    namespaced=False,
    shape=kind_shape(
        "OAuthAccessToken", _ACCESS_TOKEN, described="A token somebody logged in with, under the hash of it."
    ),
    columns=_TOKEN_COLUMNS,
    selectable={**_BY_USER, "authorizeToken": _text_of("authorizeToken")},
    confidential=True,
)
AUTHORIZE_TOKENS = Resource(
    GROUP,
    "v1",
    "oauthauthorizetokens",
    "oauthauthorizetoken",
    "OAuthAuthorizeToken",
    namespaced=False,
    shape=kind_shape(
        "OAuthAuthorizeToken",
        {**_OF_TOKENS, "state": schema.text(), "codeChallenge": schema.text(), "codeChallengeMethod": schema.text()},
        described="A code that becomes a token, once.",
    ),
    columns=_TOKEN_COLUMNS,
    selectable=_BY_USER,
    confidential=True,
)
AUTHORIZATIONS = Resource(
    GROUP,
    "v1",
    "oauthclientauthorizations",
    "oauthclientauthorization",
    "OAuthClientAuthorization",
    namespaced=False,
    shape=kind_shape(
        "OAuthClientAuthorization",
        {"clientName": schema.text(), "userName": schema.text(), "userUID": schema.text(), "scopes": _TEXTS},
        described="What a user allows a program to do.",
    ),
    columns=(
        NAME,
        _USER,
        Column("Client Name", field_of("clientName"), format="name"),
        Column("Scopes", _listed("scopes")),
    ),
    selectable=_BY_USER,
)
USER_TOKENS = Resource(
    GROUP,
    "v1",
    "useroauthaccesstokens",
    "useroauthaccesstoken",
    "UserOAuthAccessToken",
    namespaced=False,
    verbs=("delete", "get", "list", "watch"),
    shape=kind_shape("UserOAuthAccessToken", _ACCESS_TOKEN, described="One of the tokens of the caller."),
    columns=(NAME, *_CLIENT_AND_TIMES),
    selectable={**_BY_USER, "authorizeToken": _text_of("authorizeToken")},
    stored=False,
)
