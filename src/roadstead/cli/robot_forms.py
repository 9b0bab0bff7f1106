"""A robot's token in the forms people need; no I/O."""

from __future__ import annotations

import base64
import re
import shlex

import orjson
import yaml

from roadstead.base.errors import Invalid
from roadstead.cli.robots import NEVER, Token

FORMS = ("podman", "dockerconfig", "secret", "plain")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
SHORTEST = 600
_DURATION = re.compile(r"([0-9]{1,9})([smhdw])")


def seconds(text: str) -> int | None:
    """A lifetime such as 90d, 12h or 30m; None for `never`. Raises Invalid."""
    if text == NEVER:
        return None
    found = _DURATION.fullmatch(text)
    if not found:
        raise Invalid(f"--expires takes a number with s, m, h, d or w behind it (90d), or {NEVER}, not {text!r}")
    lasts = int(found[1]) * UNITS[found[2]]
    if lasts < SHORTEST:
        raise Invalid("--expires: a token lasts for 10 minutes at least")
    return lasts


def render(token: Token, form: str) -> str:
    """The text to print, without a line end."""
    match form:
        case "podman":
            lines = (f"podman login -u {shlex.quote(token.robot)} -p {token.token} {host}" for host in token.hosts[:1])
            return "\n".join(lines)
        case "dockerconfig":
            return orjson.dumps(_config(token), option=orjson.OPT_INDENT_2).decode()
        case "secret":
            return yaml.safe_dump(_secret(token), sort_keys=False).rstrip()
        case _:
            return token.token


def _config(token: Token) -> dict[str, dict[str, dict[str, str]]]:
    auth = base64.b64encode(f"{token.robot}:{token.token}".encode()).decode()
    return {"auths": {host: {"auth": auth} for host in token.hosts}}


def _secret(token: Token) -> dict[str, object]:
    """A pull secret for another cluster: `kubectl apply -f -`, then name it in imagePullSecrets."""
    data = base64.b64encode(orjson.dumps(_config(token))).decode()
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": f"{token.robot}-pull"},
        "type": "kubernetes.io/dockerconfigjson",
        "data": {".dockerconfigjson": data},
    }
