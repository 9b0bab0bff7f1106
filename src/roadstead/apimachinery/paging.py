"""Where a page of a list starts: continue tokens, there and back; no I/O."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

import orjson

from roadstead.kube import status
from roadstead.kube.jsonsyntax import syntax_error
from roadstead.kube.wording import bad_base64

TOKEN_VERSION = "meta.k8s.io/v1"
LONGEST_TOKEN = 4096
INCONSISTENT = -1
"""The revision in a token that goes on without the consistency of the first page."""

TOO_OLD_TO_CONTINUE = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)
TOO_OLD_TO_LIST = "The resourceVersion for the provided list is too old."


@dataclass(frozen=True, slots=True)
class Token:
    """A place in a list: after which object, and at which revision the list is consistent."""

    revision: int
    namespace: str
    name: str

    def text(self, *, scoped: bool) -> str:
        """The opaque form; a list within one namespace leaves the namespace out."""
        start = f"{self.name}\0" if scoped else f"{self.namespace}/{self.name}\0"
        raw = orjson.dumps({"v": TOKEN_VERSION, "rv": self.revision, "start": start})
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def read_token(text: str, namespace: str | None) -> Token:
    """The place a continue token names, in a list of `namespace` (None: of all); raises StatusError (400)."""
    if len(text) > LONGEST_TOKEN:
        raise invalid_token("it is too long")
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise invalid_token(f"continue key is not valid: {bad_base64(text)}") from None
    try:
        fields = orjson.loads(raw)
    except orjson.JSONDecodeError as wrong:
        why = syntax_error(raw) or wrong.msg
        raise invalid_token(f"continue key is not valid: {why}") from None
    if not isinstance(fields, dict) or fields.get("v") != TOKEN_VERSION:
        raise invalid_token("its version is not known")
    revision, start = fields.get("rv"), fields.get("start")
    if not isinstance(revision, int) or isinstance(revision, bool) or (revision <= 0 and revision != INCONSISTENT):
        raise invalid_token("it names no resource version")
    if not isinstance(start, str) or not start.endswith("\0"):
        raise invalid_token("it names no start")
    before, slash, name = start[:-1].rpartition("/")
    if bool(slash) != (namespace is None) or not name:
        raise invalid_token("it belongs to another list")
    return Token(revision, before if namespace is None else namespace, name)


def invalid_token(why: str) -> status.StatusError:
    """The answer to a token that was not ours."""
    return status.bad_request(f"invalid continue token: {why}")
