"""The pages people see while they log in: plain HTML without scripts, every word from outside escaped; no I/O."""

from __future__ import annotations

import base64
import hashlib
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape

from roadstead.base.web import Reply

HTML = "text/html; charset=utf-8"
STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:10vh auto;padding:0 1rem}
h1{font-size:1.4rem}
label{display:block;margin:1rem 0 .2rem}
input[type=text],input[type=password]{font:inherit;width:100%;padding:.5rem;box-sizing:border-box}
button,a.button{font:inherit;display:inline-block;margin:1.2rem .6rem 0 0;padding:.5rem 1.2rem;
border:1px solid currentColor;border-radius:.3rem;background:none;color:inherit;text-decoration:none;cursor:pointer}
pre,code{font-family:ui-monospace,monospace;overflow-wrap:anywhere;white-space:pre-wrap}
pre{padding:.8rem;border:1px solid;border-radius:.3rem}
p.wrong{border-left:.3rem solid #c00;padding-left:.8rem}
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()


@dataclass(frozen=True, slots=True)
class Hidden:
    """A field a form carries along."""

    name: str
    value: str


def security_headers(form_goes_to: Iterable[str] = ()) -> list[tuple[str, str]]:
    """What keeps a page from being framed, cached, scripted or read by others.

    `form_goes_to`: origins that the answer to a form may lead to; browsers count redirects as part of the form.
    """
    targets = " ".join(["'self'", *(each for each in form_goes_to if each)])
    policy = (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action {targets}; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    return [
        ("Cache-Control", "no-store"),
        ("Pragma", "no-cache"),
        ("Content-Security-Policy", policy),
        ("X-Frame-Options", "DENY"),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
    ]


def page(title: str, body: str, *, status: int = 200, headers: Iterable[tuple[str, str]] = ()) -> Reply:
    """A whole page; `body` is HTML already."""
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
    text = f'<!doctype html><html lang="en"><head>{head}<style>{STYLE}</style></head><body>{body}</body></html>\n'
    return Reply(status, [("Content-Type", HTML), *headers], text.encode())


def failure(title: str, message: str, *, status: int, headers: Iterable[tuple[str, str]] = ()) -> Reply:
    """What went wrong, and a way to begin again."""
    again = '<p><a href="/oauth/token/request">Start again</a></p>'
    body = f'<h1>{escape(title)}</h1><p class="wrong" role="alert">{escape(message)}</p>{again}'
    return page(title, body, status=status, headers=headers)


def login(
    hidden: Iterable[Hidden],
    *,
    passwords: bool,
    providers: Iterable[tuple[str, str]],
    name: str = "",
    wrong: str = "",
) -> str:
    """The body of the login page. `providers` are names and links of the others that can vouch for somebody."""
    told = f'<p class="wrong" role="alert">{escape(wrong)}</p>' if wrong else ""
    form = ""
    if passwords:
        form = (
            f'<form method="post" action="/login">{_hidden(hidden)}'
            '<label for="username">User name</label>'
            f'<input type="text" id="username" name="username" value="{escape(name)}" autocomplete="username" '
            'autocapitalize="none" spellcheck="false" required autofocus>'
            '<label for="password">Password</label>'
            '<input type="password" id="password" name="password" autocomplete="current-password" required>'
            '<button type="submit">Log in</button></form>'
        )
    links = "".join(
        f'<a class="button" href="{escape(link)}">Log in with {escape(each)}</a>' for each, link in providers
    )
    if not form and not links:
        form = "<p>Nobody can log in here: no identity provider is set up.</p>"
    return f"<h1>Log in to Roadstead</h1>{told}{form}{links}"


def approval(client: str, scopes: Iterable[tuple[str, str]], where: str, hidden: Iterable[Hidden], action: str) -> str:
    """The body of the page that asks whether a client may have what it wants; `scopes` with what they mean."""
    asked = "".join(
        f'<li><label><input type="checkbox" name="scope:{escape(scope)}" checked> <code>{escape(scope)}</code>: '
        f"{escape(meaning)}</label></li>"
        for scope, meaning in scopes
    )
    return (
        f"<h1>Allow {escape(client)}?</h1><p>It wants to act in your name, and sends you to "
        f"<code>{escape(where)}</code> afterwards.</p>"
        f'<form method="post" action="{escape(action)}">{_hidden(hidden)}<ul>{asked}</ul>'
        '<button type="submit" name="decision" value="allow">Allow</button>'
        '<button type="submit" name="decision" value="deny">Deny</button></form>'
    )


def ask_to_show(hidden: Iterable[Hidden]) -> str:
    """The body of the page before the token: shown on request, not to whoever looks over a shoulder."""
    return (
        "<h1>You are logged in</h1>"
        f'<form method="post" action="/oauth/token/display">{_hidden(hidden)}'
        '<button type="submit">Display token</button></form>'
    )


def token(token: str, user: str, server: str, registry: str) -> str:
    """The body of the page with the token, and how it is used."""
    host = server.partition("://")[2]
    lines = (
        ("Log in with oc", f"oc login --token={token} --server={server}"),
        ("Log in to the registry", f"podman login -u {shlex.quote(user)} -p {token} {registry or host}"),
        ("Ask the API", f'curl -H "Authorization: Bearer {token}" {server}/apis/user.openshift.io/v1/users/~'),
    )
    shown = "".join(f"<h2>{escape(title)}</h2><pre>{escape(text)}</pre>" for title, text in lines)
    again = '<p><a href="/oauth/token/request">Another one</a></p>'
    return f"<h1>Your API token</h1><pre>{escape(token)}</pre>{shown}{again}"


def logged_out() -> str:
    """The body of the page after logging out of the browser."""
    kept = "Tokens stay good: <code>oc logout</code> ends one."
    return f"<h1>Logged out</h1><p>This browser is no longer logged in. {kept}</p>"


def log_out(hidden: Iterable[Hidden]) -> str:
    """The body of the page that asks whether to log out: a link alone must not do it."""
    return f'<h1>Log out?</h1><form method="post" action="/logout">{_hidden(hidden)}<button>Log out</button></form>'


def _hidden(fields: Iterable[Hidden]) -> str:
    return "".join(f'<input type="hidden" name="{escape(each.name)}" value="{escape(each.value)}">' for each in fields)
