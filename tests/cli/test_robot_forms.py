"""Lifetimes as people type them, and tokens as programs take them."""

from __future__ import annotations

import base64

import orjson
import pytest
import yaml

from roadstead.base.errors import Invalid
from roadstead.cli import robot_commands, robot_forms
from roadstead.cli.robot_forms import render, seconds
from roadstead.cli.robots import Token

TOKEN = Token("ci", "shop", "JWT", "never", ("registry.test:5000", "image-registry.svc:5000"))


@pytest.mark.parametrize(("text", "lasts"), [("10m", 600), ("12h", 43200), ("90d", 7776000), ("2w", 1209600)])
def test_a_lifetime_is_a_number_with_a_unit(text: str, lasts: int) -> None:
    assert seconds(text) == lasts


def test_never_is_a_lifetime_too() -> None:
    assert seconds("never") is None


@pytest.mark.parametrize("text", ["", "90", "d", "1y", "-1d", "1.5d", "599s", "9" * 20 + "d", "٣d"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="--expires"):
        seconds(text)


def test_the_line_for_podman_names_the_first_address() -> None:
    assert render(TOKEN, "podman") == "podman login -u ci -p JWT registry.test:5000"


def test_a_docker_config_and_a_pull_secret_cover_every_address() -> None:
    auth = {"auth": base64.b64encode(b"ci:JWT").decode()}
    wanted = {"auths": {"registry.test:5000": auth, "image-registry.svc:5000": auth}}
    assert orjson.loads(render(TOKEN, "dockerconfig")) == wanted
    secret = yaml.safe_load(render(TOKEN, "secret"))
    assert (secret["kind"], secret["type"]) == ("Secret", "kubernetes.io/dockerconfigjson")
    assert orjson.loads(base64.b64decode(secret["data"][".dockerconfigjson"])) == wanted


def test_plain_is_the_token_and_nothing_else() -> None:
    assert render(TOKEN, "plain") == "JWT"
    assert "JWT" not in repr(TOKEN)


def test_every_form_the_commands_offer_is_one_that_is_made() -> None:
    assert robot_commands.FORMS == robot_forms.FORMS
