"""Identity providers in the settings: read whole, or refused with the rule they break."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadstead.base.errors import Invalid
from roadstead.base.settings import load
from roadstead.base.values import Json
from roadstead.oauth.identities import Mapping
from roadstead.oauth.providers import Issuer, PasswordFile, parse

OPENID = {"name": "corp", "type": "openid", "issuer": "https://id.example.test/realm", "client_id": "roadstead"}


def test_a_provider_is_read_with_its_defaults() -> None:
    found = parse([OPENID, {"name": "file", "type": "htpasswd", "file": "/x", "mapping": "add"}])
    assert isinstance(found[0], Issuer)
    assert (found[0].mapping, found[0].claims["id"], found[0].claims["groups"]) == (Mapping.CLAIM, ("sub",), ())
    assert found[1] == PasswordFile("file", Mapping.ADD, "/x")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"name": ""}, "name must be plain text"),
        ({"name": "a:b"}, "name must be plain text"),
        ({"name": "a/b"}, "name must be plain text"),
        ({"name": 5}, "name takes text"),
        ({"type": "ldap"}, "type takes htpasswd or openid"),
        ({"mapping": "generate"}, "mapping takes claim, lookup or add"),
        ({"issuer": "http://id.example.test"}, "issuer must be https"),
        ({"issuer": "https://id.example.test?x"}, "issuer must be https"),
        ({"issuer": "https://u:p@id.example.test"}, "issuer must be https"),
        ({"issuer": "https://id.example.test:x"}, "issuer is not a URL"),
        ({"issuer": ""}, "issuer is needed"),
        ({"client_id": ""}, "client_id is needed"),
        ({"secret": "x"}, "there is no secret"),
        ({"claims": {"colour": ["x"]}}, "there is no colour"),
        ({"claims": {"groups": "x"}}, "takes a list"),
        ({"scopes": "x"}, "takes a list"),
        ({"parameters": {"state": "x"}}, "must not hold state"),
    ],
)
def test_a_provider_that_makes_no_sense_is_refused(change: Json, complaint: str) -> None:
    with pytest.raises(Invalid, match=complaint):
        parse([{**OPENID, **change}])


def test_two_providers_have_two_names() -> None:
    with pytest.raises(Invalid, match="taken"):
        parse([OPENID, OPENID])


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=9), lambda inner: st.lists(inner))


@given(st.dictionaries(st.sampled_from([*OPENID, "mapping", "claims", "scopes", "parameters", "file"]), JSON))
def test_no_table_is_a_fault(table: Json) -> None:
    try:
        parse([table])
    except Invalid:
        return


def test_they_come_from_the_file_or_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    lines = "".join(f'{name} = "{value}"\n' for name, value in OPENID.items())
    file.write_text(f"[[logins.identity_providers]]\n{lines}")
    assert load(file, {}).logins.identity_providers == (OPENID,)
    environment = {"ROADSTEAD_LOGINS_IDENTITY_PROVIDERS": json.dumps([OPENID])}
    assert load(None, environment).logins.identity_providers == (OPENID,)
    for wrong in ("nonsense", '["text"]', '{"name": "x"}'):
        with pytest.raises(Invalid, match="identity_providers|IDENTITY_PROVIDERS"):
            load(None, {"ROADSTEAD_LOGINS_IDENTITY_PROVIDERS": wrong})
