"""The OAuthClients every installation has, and what is asked of any client; no I/O."""

from __future__ import annotations

import hmac

from roadstead.base.values import Json

CHALLENGING, BROWSER, CLI = "openshift-challenging-client", "openshift-browser-client", "openshift-cli-client"
IMPLICIT_PATH, DISPLAY_PATH = "/oauth/token/implicit", "/oauth/token/display"


def built_in(secret: str) -> list[Json]:
    """The clients of `oc login`, of the token pages, and of `oc login --web`.

    A redirect URI that is a path means this server, under whatever name it was asked by. `secret` keeps others from
    taking the codes of the token pages.
    """
    return [
        _client(CHALLENGING, [IMPLICIT_PATH], respondWithChallenges=True),
        _client(BROWSER, [DISPLAY_PATH], secret=secret),
        _client(CLI, ["http://127.0.0.1/callback", "http://[::1]/callback"]),
    ]


def _client(name: str, redirects: list[str], **more: object) -> Json:
    head: Json = {"kind": "OAuthClient", "apiVersion": "oauth.openshift.io/v1", "metadata": {"name": name}}
    return {**head, "grantMethod": "auto", "redirectURIs": redirects, **more}


def knows_secret(client: Json, secret: str) -> bool:
    """Whether a secret is one of the client's; a client that has none shows none."""
    kept = [client.get("secret") or "", *(client.get("additionalSecrets") or ())]
    good = [each for each in kept if each] or [""]
    shown = secret.encode("utf-8", "surrogatepass")
    return any([hmac.compare_digest(shown, each.encode("utf-8", "surrogatepass")) for each in good])
