"""How `roadstead copy` and `inspect` end: an exit status for each kind of failure, and what to do next; no I/O."""

from __future__ import annotations

from roadstead.remote.errors import Kind, RemoteFailure

FAILED, NOT_FOUND, NO_ACCESS, BLOCKED, LATER = 1, 3, 4, 5, 6

_STATUS = {
    Kind.NOT_FOUND: NOT_FOUND,
    Kind.NAME_UNKNOWN: NOT_FOUND,
    Kind.UNAUTHORIZED: NO_ACCESS,
    Kind.BAD_PASSWORD: NO_ACCESS,
    Kind.DENIED: NO_ACCESS,
    Kind.BLOCKED: BLOCKED,
    Kind.RATE_LIMITED: LATER,
    Kind.UNAVAILABLE: LATER,
    Kind.TIMEOUT: LATER,
    Kind.CUT_SHORT: LATER,
}


def status_of(failure: RemoteFailure) -> int:
    """The exit status (docs/copy.md)."""
    return _STATUS.get(failure.kind, FAILED)


def next_step(failure: RemoteFailure, *, resumable: bool) -> str:
    """What to do about it, one line; empty where the message says it all."""
    host = failure.host or "HOST"
    if failure.kind in (Kind.UNAUTHORIZED, Kind.BAD_PASSWORD):
        refused = f"the credentials come from {failure.key}; " if failure.key else ""
        login = f"log in with `podman login {host}`"
        return f"{refused}{login}, or give NAME:PASSWORD with --creds, --src-creds or --dest-creds"
    if failure.kind is Kind.DENIED:
        return f"the account may not do this; ask who runs {host} for the right, or log in as somebody else"
    if failure.kind is Kind.TLS and failure.rule == "plain http":
        return "if this registry is meant to be without TLS, add --insecure"
    if failure.kind is Kind.TLS:
        ours = "`roadstead trust install` does it for your own Roadstead"
        return f"put its CA into /etc/containers/certs.d/{host}/ca.crt ({ours}), or add --insecure to go without"
    if failure.kind is Kind.RATE_LIMITED:
        return f"run the same command again in {failure.retry_after} s" if failure.retry_after else "try again later"
    if failure.rule == "name":
        return "check how the host is written, and whether this machine can look names up"
    if failure.kind in (Kind.UNAVAILABLE, Kind.TIMEOUT, Kind.CUT_SHORT):
        return "run the same command again: what has arrived is not fetched again" if resumable else "try again later"
    return ""
