"""What to say when the answer is no: which right is missing, and the smallest grant that gives it; no I/O."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

from roadstead.auth.users import Attributes, User, service_account_of

SUGGESTED = (
    "system:image-puller",
    "system:image-pusher",
    "system:image-builder",
    "system:image-signer",
    "registry-viewer",
    "registry-editor",
    "view",
    "edit",
    "registry-admin",
    "admin",
    "registry-monitoring",
    "system:image-auditor",
    "system:image-pruner",
    "cluster-reader",
)
"""Cluster roles worth proposing: for people, the smallest first, then for machines. None hands everything over."""


def missing(asked: Attributes, would_allow: Callable[[str, Attributes], bool]) -> str:
    """The right that is missing, and a command that grants it.

    `would_allow` tells whether a cluster role of that name contains the right.
    """
    who = f'User "{asked.user.name}"'
    if asked.path:
        return f'{who} has no cluster role binding that allows "{asked.verb}" on path "{asked.path}"'
    scope = f'role binding that allows "{asked.verb}" on "{asked.target}"'
    where = f'{scope} in namespace "{asked.namespace}"' if asked.namespace else f"cluster {scope}"
    role = next((role for role in SUGGESTED if would_allow(role, asked)), None)
    if role is None:
        return f"{who} has no {where}"
    login = "log in first, or open it to everyone" if asked.user.anonymous else "grant it"
    return f"{who} has no {where}; {login} with: {_command(asked, role)}"


def _command(asked: Attributes, role: str) -> str:
    kind = "rolebinding" if asked.namespace else "clusterrolebinding"
    scope = f" -n {shlex.quote(asked.namespace)}" if asked.namespace else ""
    subject, short = _subject(asked.user)
    name = re.sub(r"[^a-z0-9.]+", "-", f"{role.removeprefix('system:')}-{short}".lower()).strip("-.")[:63]
    return f"kubectl create {kind} {name} --clusterrole={role} {subject}{scope}"


def _subject(user: User) -> tuple[str, str]:
    if user.anonymous:
        # Both: whoever logs in is no longer unauthenticated, and must not lose by it.
        return "--group=system:unauthenticated --group=system:authenticated", "everyone"
    account = service_account_of(user.name)
    if account:
        return f"--serviceaccount={shlex.quote(':'.join(account))}", account[1]
    return f"--user={shlex.quote(user.name)}", user.name
