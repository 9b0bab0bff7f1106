"""An ID token, believed only when everything about it is as we asked (OpenID Connect Core 1.0, 3.1.3.7); no I/O."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from typing import Any, TypeGuard

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from roadstead.base.errors import Denied
from roadstead.base.values import Json

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Signatures with keys of which we hold the public half; what a token says about itself chooses among these alone."""
LEEWAY_SECONDS = 30
MAX_TOKEN = 64 * 1024
MAX_KEYS = 50
MIN_RSA_BITS = 2048
_PUBLIC = ("kty", "n", "e", "crv", "x", "y")


class BadIdToken(Denied):
    """The issuer's answer cannot be believed; the message says which rule it breaks."""


class UnknownKey(BadIdToken):
    """Signed with a key that is not among those we know: the issuer may have changed its keys."""


def usable_keys(document: Any) -> list[Json]:
    """The keys of a JWKS that may sign ID tokens."""
    keys = document.get("keys") if isinstance(document, dict) else None
    return [each for each in keys[:MAX_KEYS] if _is_usable(each)] if isinstance(keys, list) else []


def verified(token: str, keys: Sequence[Json], issuer: str, client: str, nonce: str, now: float) -> Json:
    """The claims; raises BadIdToken. `now` is in seconds since 1970."""
    if len(token) > MAX_TOKEN or token.count(".") != 2:
        raise BadIdToken("it is not a signed token")
    claims = _object(_signed(token, keys))
    if claims.get("iss") != issuer:
        raise BadIdToken("it is of another issuer")
    audience = claims.get("aud")
    named = [audience] if isinstance(audience, str) else audience if isinstance(audience, list) else []
    if client not in named or (len(named) > 1 and claims.get("azp") != client) or claims.get("azp", client) != client:
        raise BadIdToken("it is meant for another client")
    _check_times(claims, now)
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise BadIdToken("it belongs to another login")
    if not isinstance(claims.get("sub"), str) or not claims["sub"]:
        raise BadIdToken("it names nobody")
    return claims


def _object(payload: bytes) -> Json:
    try:
        claims = orjson.loads(payload)
    except ValueError:
        claims = None
    if not isinstance(claims, dict):
        raise BadIdToken("its content is not an object")
    return claims


def _signed(token: str, keys: Sequence[Json]) -> bytes:
    try:
        found = jws.extract_compact(token.encode())
    except (JoseError, ValueError, TypeError):
        raise BadIdToken("it is not a signed token") from None
    header = found.headers()
    algorithm, name = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS or "crit" in header:
        raise BadIdToken(f"its algorithm {ascii(algorithm)[:40]} is not accepted")
    fitting = [key for key in keys if _fits(key, str(algorithm), name)]
    if not fitting:
        raise UnknownKey("it is signed with a key that the issuer does not publish")
    for key in fitting:
        try:
            return jws.deserialize_compact(token.encode(), _imported(key), algorithms=[str(algorithm)]).payload
        except (JoseError, ValueError, TypeError, KeyError):
            continue
    raise BadIdToken("its signature is wrong")


def _fits(key: Json, algorithm: str, name: Any) -> bool:
    kind = "EC" if algorithm.startswith("ES") else "RSA"
    named = name is None or key.get("kid") == name
    return bool(key["kty"] == kind and named and key.get("alg", algorithm) == algorithm)


def _is_usable(key: Any) -> bool:
    if not isinstance(key, dict) or key.get("kty") not in ("RSA", "EC") or key.get("use", "sig") != "sig":
        return False
    try:
        made = _imported(key)
    except (JoseError, ValueError, TypeError, KeyError):
        return False
    return not isinstance(made, RSAKey) or made.raw_value.key_size >= MIN_RSA_BITS


def _imported(key: Json) -> RSAKey | ECKey:
    public: dict[str, str | list[str]] = {name: key[name] for name in _PUBLIC if name in key}
    return RSAKey.import_key(public) if key["kty"] == "RSA" else ECKey.import_key(public)


def _check_times(claims: Json, now: float) -> None:
    times = [time for time in (claims.get("exp"), claims.get("iat"), claims.get("nbf", 0)) if _is_time(time)]
    if len(times) != 3:
        raise BadIdToken("its times are missing")
    ends, made, starts = times
    if now >= ends + LEEWAY_SECONDS:
        raise BadIdToken("its time is over")
    if now < starts - LEEWAY_SECONDS or now < made - LEEWAY_SECONDS:
        raise BadIdToken("its time has not come; compare the clocks of both machines")


def _is_time(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1 << 40
