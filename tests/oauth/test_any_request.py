"""Whatever is sent to the pages before the gate, the answer is an answer."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roadstead.apimachinery.nonresource import OPEN_PATHS
from tests.oauth.flows import BROWSER, CALLBACK, CHALLENGE, CHALLENGING, CLI, IMPLICIT, ISSUER
from tests.oauth.world import House, basic

NAMES = (
    "client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge", "code_challenge_method", "then",
    "code", "csrf", "username", "password", "grant_type", "code_verifier", "error", "idp", "decision", "client_secret",
)  # fmt: skip
VALUES = (
    BROWSER, CHALLENGING, CLI, CALLBACK, IMPLICIT, f"{ISSUER}/oauth/token/display", "code", "token", "user:full",
    CHALLENGE, "S256", "/oauth/authorize", "authorization_code", "sha256~x", "alice", "", "allow", "%", "\udcff", "\0",
)  # fmt: skip
FIELDS = st.lists(
    st.tuples(st.sampled_from(NAMES) | st.text(max_size=4), st.sampled_from(VALUES) | st.text()), max_size=8
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "Authorization": st.sampled_from(
            ["Basic", "Basic x", basic("", ""), basic(CLI, ""), "Bearer x", "Negotiate y"]
        ),
        "Cookie": st.sampled_from(
            ["", "=", ";;;", "__Host-roadstead-session=x.y; a", "__Host-roadstead-csrf=" + "a" * 43]
        ),
        "Origin": st.sampled_from(["null", ISSUER, "http://[", "https://evil.test"]),
        "X_CSRF_Token": st.just("1"),
        "Accept": st.sampled_from(["text/html", "*/*"]),
        "Host": st.sampled_from(["", "evil.test", "127.0.0.1:6443", "[::1", "a" * 300]),
    },
)


def encoded(fields: list[tuple[str, str]]) -> str:
    return urlencode(fields, errors="surrogatepass", quote_via=quote)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(sorted(OPEN_PATHS)), query=FIELDS, form=FIELDS, headers=HEADERS, posts=st.booleans())
async def test_no_request_is_a_fault_or_leads_away(
    home: House,
    path: str,
    query: list[tuple[str, str]],
    form: list[tuple[str, str]],
    headers: dict[str, str],
    posts: bool,
) -> None:
    body = encoded(form).encode() if posts else b""
    sent = {**headers, **({"Content_Type": "application/x-www-form-urlencoded"} if posts else {})}
    answer = await home.api("POST" if posts else "GET", f"{path}?{encoded(query)}", body, **sent)
    assert answer.status < 500
    location = answer.header("Location")
    assert not location or location.startswith((ISSUER, "/", CALLBACK))
    assert "evil.test" not in location.partition("?")[0]
    for name, value in answer.headers:
        assert "\n" not in name + value
        assert "\r" not in name + value
