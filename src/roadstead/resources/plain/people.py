"""Users, identities and groups, and what OAuth keeps about them; no I/O."""

from __future__ import annotations

from datetime import datetime, timedelta

from roadstead.apimachinery.resource import Column
from roadstead.base.values import Json
from roadstead.kube.time import NotATime, parse_time, short_age
from roadstead.resources.ages import ago
from roadstead.resources.plain.cells import NAME, at, field_of, number_at, text_at, texts_of
from roadstead.resources.plain.rows import row, selects

USER_GROUP = "user.openshift.io"
OAUTH_GROUP = "oauth.openshift.io"


def _created(obj: Json, now: datetime) -> str:
    return ago(at(obj, "metadata", "creationTimestamp"), now)


def _expires(obj: Json, now: datetime) -> str:
    lifetime = number_at(obj, "expiresIn")
    if not lifetime:
        return "never"
    try:
        end = parse_time(text_at(obj, "metadata", "creationTimestamp")) + timedelta(seconds=lifetime)
    except (NotATime, OverflowError):
        return ""
    return "expired" if end <= now else f"in {short_age((end - now) / timedelta(seconds=1))}"


def _longest(obj: Json, _: datetime) -> str:
    longest = at(obj, "accessTokenMaxAgeSeconds")
    if longest is None:
        return "default"
    return "unexpiring" if longest == 0 else f"{longest}s"


USERS = row(
    USER_GROUP,
    "User",
    (
        NAME,
        Column("UID", field_of("metadata", "uid")),
        Column("Full Name", field_of("fullName")),
        Column("Identities", texts_of("identities")),
    ),
    namespaced=False,
)
IDENTITIES = row(
    USER_GROUP,
    "Identity",
    (
        NAME,
        Column("IDP Name", field_of("providerName")),
        Column("IDP User Name", field_of("providerUserName")),
        Column("User Name", field_of("user", "name")),
        Column("User UID", field_of("user", "uid")),
    ),
    plural="identities",
    namespaced=False,
)
GROUPS = row(USER_GROUP, "Group", (NAME, Column("Users", texts_of("users"))), namespaced=False)
_TOKEN = (
    NAME,
    Column("User Name", field_of("userName")),
    Column("Client Name", field_of("clientName")),
    Column("Created", _created),
    Column("Expires", _expires),
    Column("Redirect URI", field_of("redirectURI")),
    Column("Scopes", texts_of("scopes")),
)
_OF_WHOM = selects(clientName=("clientName",), userName=("userName",), userUID=("userUID",))
OAUTH_CLIENTS = row(
    OAUTH_GROUP,
    "OAuthClient",
    (
        NAME,
        Column("WWW-Challenge", field_of("respondWithChallenges", absent=False), "boolean"),
        Column("Token-Max-Age", _longest),
        Column("Redirect URIs", texts_of("redirectURIs")),
    ),
    namespaced=False,
)
OAUTH_CLIENT_AUTHORIZATIONS = row(
    OAUTH_GROUP,
    "OAuthClientAuthorization",
    (
        NAME,
        Column("User Name", field_of("userName")),
        Column("Client Name", field_of("clientName")),
        Column("Scopes", texts_of("scopes")),
    ),
    namespaced=False,
    selectable=_OF_WHOM,
)
OAUTH_ACCESS_TOKENS = row(OAUTH_GROUP, "OAuthAccessToken", _TOKEN, namespaced=False, selectable=_OF_WHOM)
OAUTH_AUTHORIZE_TOKENS = row(OAUTH_GROUP, "OAuthAuthorizeToken", _TOKEN, namespaced=False, selectable=_OF_WHOM)

PEOPLE = (
    USERS,
    IDENTITIES,
    GROUPS,
    OAUTH_CLIENTS,
    OAUTH_CLIENT_AUTHORIZATIONS,
    OAUTH_ACCESS_TOKENS,
    OAUTH_AUTHORIZE_TOKENS,
)
