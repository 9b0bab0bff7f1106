"""Which keys are tried where, and in which order (image-api contract, section 14.6)."""

import base64

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.base.values import Json
from roadstead.remote.keyring import Form, Keyring, KeyText, Program

HOSTS = st.sampled_from(["q.test", "q.test:5000", "a.q.test", "docker.io", "quay.io", "localhost:5000"])
PATHS = st.sampled_from(["shop/web", "shop/website", "shop", "library/mysql", "shop/web/deep"])


def auth(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def keys(hosts: Json, form: Form = "config", origin: str = "secret shop/robot") -> KeyText:
    document = hosts if form == "dockercfg" else {"auths": hosts}
    return KeyText(origin, form, orjson.dumps(document))


def ring(*texts: KeyText) -> Keyring:
    """All texts in one group."""
    return Keyring.read([texts])


def users(keyring: Keyring, registry: str, repository: str) -> list[str]:
    return [each.username for each in keyring.matching(registry, repository)]


@pytest.mark.parametrize(
    ("key", "registry", "repository", "fits"),
    [
        ("q.test", "q.test", "shop/web", True),
        ("q.test", "q.test:5000", "shop/web", False),
        ("q.test:5000", "q.test:5000", "shop/web", True),
        ("q.test:5000", "q.test", "shop/web", False),
        ("https://q.test", "q.test", "shop/web", True),
        ("http://q.test/", "q.test", "shop/web", True),
        ("https://q.test/v1/", "q.test", "shop/web", True),
        ("https://q.test/v2/", "q.test", "shop/web", True),
        ("https://q.test/v2/shop", "q.test", "shop/web", True),
        ("q.test/shop", "q.test", "shop/web", True),
        ("q.test/sh", "q.test", "shop/web", True),
        ("q.test/shop/", "q.test", "shop/web", True),
        ("q.test/sh/", "q.test", "shop/web", False),
        ("q.test/other", "q.test", "shop/web", False),
        ("*.test", "q.test", "shop/web", True),
        ("*.test", "a.q.test", "shop/web", False),
        ("*.*.test", "a.q.test", "shop/web", True),
        ("q?.test", "q1.test", "shop/web", True),
        ("Q.TEST", "q.test", "shop/web", True),
        ("https://index.docker.io/v1/", "docker.io", "library/mysql", True),
        ("docker.io", "docker.io", "library/mysql", True),
        ("[::1]:5000", "[::1]:5000", "shop/web", True),
        ("https://[::A]/v2/", "[::a]", "shop/web", True),
        ("[::1]:5000", "[::1]", "shop/web", False),
        ("[::1]", "[::2]", "shop/web", False),
        ("[::1]", "1", "shop/web", False),
        ("q.test.evil.test", "q.test", "shop/web", False),
        ("evil.test/q.test", "q.test", "shop/web", False),
    ],
)
def test_a_key_goes_to_the_host_port_and_path_it_names(key: str, registry: str, repository: str, fits: bool) -> None:
    found = users(ring(keys({key: {"auth": auth("robot:secret")}})), registry, repository)
    assert found == (["robot"] if fits else [])


@pytest.mark.parametrize(
    ("key", "repository", "fits"),
    [
        ("q.test/shop", "shop/web", True),
        ("q.test/shop/web", "shop/web", True),
        ("q.test/sh", "shop/web", False),
        ("q.test/shop/web", "shop/website", False),
        ("*.test", "shop/web", False),
    ],
)
def test_in_the_hosts_own_file_paths_count_by_whole_components(key: str, repository: str, fits: bool) -> None:
    found = users(ring(keys({key: {"auth": auth("me:secret")}}, "auth")), "q.test", repository)
    assert found == (["me"] if fits else [])


def test_the_more_specific_key_is_tried_first() -> None:
    table = {
        "*.test": {"auth": auth("glob:x")},
        "q.test": {"auth": auth("host:x")},
        "q.test/shop/web": {"auth": auth("repository:x")},
        "q.test/shop": {"auth": auth("path:x")},
    }
    assert users(ring(keys(table)), "q.test", "shop/web") == ["repository", "path", "host", "glob"]


def test_the_same_key_in_several_secrets_keeps_the_order_of_the_secrets() -> None:
    texts = [keys({"q.test": {"auth": auth(f"{name}:x")}}, origin=name) for name in ("b", "a", "c")]
    assert users(ring(*texts), "q.test", "shop/web") == ["b", "a", "c"]


def test_a_later_group_comes_after_every_key_of_an_earlier_one() -> None:
    namespace = keys({"q.test": {"auth": auth("namespace:x")}})
    cluster = keys({"q.test/shop/web": {"auth": auth("cluster:x")}})
    assert users(Keyring.read([[namespace], [cluster]]), "q.test", "shop/web") == ["namespace", "cluster"]


def test_docker_hubs_own_key_comes_after_one_that_names_docker_io() -> None:
    table = {"https://index.docker.io/v1/": {"auth": auth("hub:x")}, "docker.io/library": {"auth": auth("path:x")}}
    assert users(ring(keys(table)), "docker.io", "library/mysql") == ["path", "hub"]


def test_the_older_form_has_its_hosts_at_the_top() -> None:
    assert users(ring(keys({"q.test": {"auth": auth("robot:x")}}, "dockercfg")), "q.test", "shop/web") == ["robot"]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"auth": auth("robot:se:cret")}, ("robot", "se:cret", "", "")),
        ({"auth": auth("robot:se:cret").rstrip("=")}, ("robot", "se:cret", "", "")),
        ({"auth": auth("robot:secret\0\0")}, ("robot", "secret", "", "")),
        ({"username": "robot", "password": "secret"}, ("robot", "secret", "", "")),
        ({"username": "old", "password": "old", "auth": auth("robot:secret")}, ("robot", "secret", "", "")),
        ({"auth": auth("<token>:jwt")}, ("<token>", "jwt", "", "")),
        ({"identitytoken": "refresh"}, ("", "", "refresh", "")),
        ({"registrytoken": "bearer"}, ("", "", "", "bearer")),
    ],
)
def test_every_way_to_write_a_key_is_read(entry: Json, expected: tuple[str, str, str, str]) -> None:
    (key,) = ring(keys({"q.test": entry})).matching("q.test", "shop/web")
    assert (key.username, key.password, key.identity_token, key.registry_token) == expected
    assert key.source == "secret shop/robot"


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ({"auth": "***"}, "auth is not base64 of NAME:PASSWORD"),
        ({"auth": auth("nocolon")}, "auth is not base64 of NAME:PASSWORD"),
        ({"auth": auth("robot:")}, "has no password"),
        ({"auth": 7}, "auth is not a text"),
        ({"username": "ro:bot", "password": "x"}, "has a user name with a colon or a control character"),
        ({"registrytoken": "a\r\nX-Injected: 1"}, "has a password or token with a control character"),
        ("text", "is not an object"),
    ],
)
def test_a_broken_entry_is_reported_and_spoils_no_other(entry: object, why: str) -> None:
    keyring = ring(keys({"broken.test": entry, "q.test": {"auth": auth("robot:x")}}))
    assert users(keyring, "q.test", "shop/web") == ["robot"]
    assert [(each.origin, each.scope) for each in keyring.problems] == [("secret shop/robot", "broken.test")]
    assert why in keyring.problems[0].why


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"{", "is not JSON"),
        (b"[]", "is not a JSON object"),
        (b'{"auths": []}', "auths is not an object of hosts"),
        (b" " * (1024 * 1024 + 1), "is larger than"),
        (orjson.dumps({"auths": {f"h{n}.test": {} for n in range(4097)}}), "names 4097 hosts"),
    ],
)
def test_a_text_that_cannot_be_read_is_reported(text: bytes, why: str) -> None:
    keyring = ring(KeyText("secret shop/robot", "config", text), keys({"q.test": {"auth": auth("robot:x")}}))
    assert users(keyring, "q.test", "shop/web") == ["robot"]
    assert why in str(keyring.problems[0])


def test_an_address_that_carries_a_password_is_reported_without_it() -> None:
    (problem,) = ring(keys({"https://me:secret@q.test": {"auth": auth("robot:x")}})).problems
    assert "secret" not in str(problem).removeprefix("secret shop/robot")


def test_the_entry_a_login_leaves_beside_a_helper_is_no_problem() -> None:
    assert ring(keys({"q.test": {}})).problems == ()


def test_the_hosts_own_file_may_name_programs_that_know_the_password() -> None:
    auths = {"q.test/shop": {"auth": auth("me:x")}}
    document = {"auths": auths, "credHelpers": {"q.test": "vault"}, "credsStore": "all"}
    keyring = ring(KeyText("/root/auth.json", "auth", orjson.dumps(document)))
    found = keyring.with_programs("q.test", "shop/web")
    assert [each.name if isinstance(each, Program) else each.username for each in found] == ["me", "vault", "all"]
    assert users(keyring, "q.test", "shop/web") == ["me"]


def test_a_secret_cannot_make_us_run_a_program() -> None:
    document = {"auths": {}, "credHelpers": {"q.test": "vault"}}
    keyring = ring(KeyText("secret shop/robot", "config", orjson.dumps(document)))
    assert keyring.with_programs("q.test", "shop/web") == []
    assert "credential helpers" in keyring.problems[0].why


@pytest.mark.parametrize("name", ["../evil", "a b", "", 3, "-x", "a/b"])
def test_a_program_is_named_by_a_plain_word(name: object) -> None:
    document = {"credHelpers": {"q.test": name}}
    keyring = ring(KeyText("/root/auth.json", "auth", orjson.dumps(document)))
    assert keyring.with_programs("q.test", "shop/web") == []
    assert keyring.problems


def test_no_password_shows_when_a_key_is_printed() -> None:
    entry = {"auth": auth("robot:hush"), "identitytoken": "hush", "registrytoken": "hush"}
    (key,) = ring(keys({"q.test": entry})).matching("q.test", "a/b")
    assert "hush" not in repr(key)


@given(st.binary(max_size=200), st.sampled_from(["config", "dockercfg", "auth"]))
def test_whatever_the_text_is_it_is_read_or_reported(text: bytes, form: Form) -> None:
    keyring = ring(KeyText("x", form, text))
    assert keyring.matching("q.test", "shop/web") == [] or not keyring.problems


TEXTS = st.text(max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=5,
)


@given(st.dictionaries(st.text(max_size=30), VALUES | st.fixed_dictionaries({"auth": VALUES}), max_size=4))
def test_any_document_of_hosts_is_read_or_reported(table: Json) -> None:
    for form in ("config", "dockercfg", "auth"):
        keyring = ring(keys(table, form))
        assert all(each.origin == "secret shop/robot" for each in keyring.problems)


@given(st.lists(st.tuples(HOSTS, st.none() | PATHS), max_size=6, unique=True), HOSTS, PATHS)
def test_a_key_only_ever_goes_to_the_host_it_names(
    entries: list[tuple[str, str | None]], registry: str, repository: str
) -> None:
    names = [f"{host}/{path}" if path else host for host, path in entries]
    table = {name: {"username": name.replace(":", "-"), "password": "x"} for name in names}
    meant = [name for name in names if name.partition("/")[0] == registry]
    expected = sorted((name for name in meant if f"{registry}/{repository}".startswith(name)), reverse=True)
    assert users(ring(keys(table)), registry, repository) == [name.replace(":", "-") for name in expected]
