"""`roadstead copy` and `roadstead inspect`: what they print, how they end, what they take from this machine."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from roadstead.cli.main import commands
from roadstead.oci.mediatypes import OCI_MANIFEST
from roadstead.testing import hostile
from roadstead.testing.builders import Content, artifact, image, index, manifest
from roadstead.testing.hostile import on
from roadstead.testing.registry_client import basic
from roadstead.testing.upstream import UpstreamRegistry
from roadstead.testing.upstream_users import Users

AMD, ARM = image("amd"), image("arm")
WEB = index(AMD, ARM)
SBOM = artifact(WEB)


@pytest.fixture(autouse=True)
def own_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with nothing in it, and no settings of this machine's."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "REGISTRY_AUTH_FILE"):
        monkeypatch.delenv(name, raising=False)
    for name, folder in (("HOME", ""), ("XDG_CONFIG_HOME", "config"), ("XDG_RUNTIME_DIR", "run")):
        monkeypatch.setenv(name, str(tmp_path / folder))
    (tmp_path / "registries.conf").touch()
    monkeypatch.setenv("CONTAINERS_REGISTRIES_CONF", str(tmp_path / "registries.conf"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def upstream() -> Iterator[UpstreamRegistry]:
    """A registry that holds an image for two platforms, with an SBOM."""
    with UpstreamRegistry().in_thread() as registry:
        registry.add("team/web", WEB, "v1", children=(AMD, ARM))
        registry.add("team/web", SBOM)
        yield registry


def roadstead(*arguments: str) -> Result:
    return CliRunner().invoke(commands, arguments)


def test_an_image_is_copied_and_the_digest_is_the_first_line(upstream: UpstreamRegistry) -> None:
    done = roadstead("copy", "--insecure", f"{upstream.host}/team/web:v1", f"docker://{upstream.host}/team/copy:v2")
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines()[0] == WEB.digest
    assert "4 manifests" in done.stdout
    assert upstream.repositories["team/copy"].tags == {"v2": WEB.digest}


def test_quiet_prints_the_result_alone(upstream: UpstreamRegistry) -> None:
    done = roadstead("copy", "-q", "--insecure", f"{upstream.host}/team/web:v1", "oci:out:v1")
    assert not done.stderr
    assert len(done.stdout.splitlines()) == 2


def test_each_blob_has_a_line_where_there_is_no_terminal(upstream: UpstreamRegistry) -> None:
    done = roadstead("copy", "--insecure", f"{upstream.host}/team/web:v1", "oci:out:v1")
    assert len(done.stderr.splitlines()) == 8
    again = roadstead("copy", "--insecure", f"{upstream.host}/team/web:v1", "oci:out:v1")
    assert all(line.endswith("is there already") for line in again.stderr.splitlines())


@pytest.mark.parametrize(
    ("source", "status", "words"),
    [
        ("{host}/team/web:v9", 3, "does not have"),
        ("{host}/team/none:v1", 3, "{host} does not have manifest team/none:v1 (name unknown)"),
        ("{host}/team/locked:v1", 4, "podman login {host}"),
        ("{host}/team/away:v1", 5, "rule address"),
        ("{host}/team/busy:v1", 6, "run the same command again"),
        ("nobody.invalid/a/b", 6, "check how the host is written"),
        ("oci:nowhere", 1, "no OCI layout"),
        ("oci-archive:nowhere.tar", 3, "there is no file nowhere.tar"),
    ],
)
def test_a_failure_says_what_to_do_and_has_its_own_status(
    upstream: UpstreamRegistry, source: str, status: int, words: str
) -> None:
    upstream.before = [
        on("/team/locked/", hostile.challenges('Basic realm="x"')),
        on("/team/away/", hostile.redirects_to("http://169.254.169.254/")),
        on("/team/busy/", hostile.too_many("60")),
    ]
    done = roadstead("copy", "--insecure", source.format(host=upstream.host), "oci:out:v1")
    assert done.exit_code == status
    assert words.format(host=upstream.host) in done.stderr


def test_a_failure_of_the_command_line_is_one_line_without_a_traceback() -> None:
    program = Path(sys.executable).with_name("roadstead")
    done = subprocess.run([program, "copy", "dir:/x", "oci:y"], capture_output=True, text=True, check=False)
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "write docker://HOST/NAME" in done.stderr
    done = subprocess.run([program, "copy", "only-one"], capture_output=True, text=True, check=False)
    assert done.returncode == 2


def test_plain_http_needs_the_word_of_the_user(upstream: UpstreamRegistry) -> None:
    done = roadstead("copy", f"{upstream.host}/team/web:v1", "oci:out:v1")
    assert done.exit_code == 1
    assert "add --insecure" in done.stderr
    assert not upstream.seen


def test_a_redirect_to_another_loopback_host_is_refused_though_the_registry_is_named(
    upstream: UpstreamRegistry,
) -> None:
    with UpstreamRegistry(host="127.0.0.2").in_thread() as elsewhere:
        upstream.before = [on("/blobs/", hostile.redirects_to(f"{elsewhere.address}/x"))]
        done = roadstead("copy", "--insecure", f"{upstream.host}/team/web:v1", "oci:out:v1")
        assert done.exit_code == 5
        assert not elsewhere.seen


@pytest.mark.parametrize("where", ["the command line", "auth.json", "an authfile", "a credential helper"])
def test_credentials_come_from(own_machine: Path, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with UpstreamRegistry(users=Users("token", {"robot": "s3cret"})).in_thread() as upstream:
        upstream.add("team/web", AMD, "v1")
        entry = {"auths": {upstream.host: {"auth": basic("robot", "s3cret")[6:]}}}
        options = []
        if where == "the command line":
            options = ["--creds", "robot:s3cret"]
        elif where == "auth.json":
            (own_machine / "config" / "containers").mkdir(parents=True)
            (own_machine / "config" / "containers" / "auth.json").write_text(json.dumps(entry))
        elif where == "an authfile":
            (own_machine / "keys.json").write_text(json.dumps(entry))
            options = ["--authfile", "keys.json"]
        else:
            helper = own_machine / "docker-credential-test"
            helper.write_text('#!/bin/sh\necho \'{"Username": "robot", "Secret": "s3cret"}\'\n')
            helper.chmod(0o755)
            monkeypatch.setenv("PATH", f"{own_machine}:/usr/bin:/bin")
            (own_machine / ".docker").mkdir()
            helpers = {"credHelpers": {upstream.host: "test"}}
            (own_machine / ".docker" / "config.json").write_text(json.dumps(helpers))
        done = roadstead("inspect", "--insecure", *options, f"{upstream.host}/team/web:v1")
        assert done.exit_code == 0, done.stderr
        assert "s3cret" not in done.output


def test_credentials_that_are_refused_are_named_by_the_file_they_lie_in(own_machine: Path) -> None:
    with UpstreamRegistry(users=Users("token", {"robot": "s3cret"})).in_thread() as upstream:
        upstream.add("team/web", AMD, "v1")
        entry = {"auths": {upstream.host: {"auth": basic("robot", "0ld")[6:]}}}
        (own_machine / "keys.json").write_text(json.dumps(entry))
        done = roadstead("inspect", "--insecure", "--authfile", "keys.json", f"{upstream.host}/team/web:v1")
    assert done.exit_code == 4
    assert "the credentials come from keys.json; log in with `podman login" in done.stderr
    assert "0ld" not in done.output


def test_short_names_mirrors_and_blocks_of_registries_conf_are_honoured(
    own_machine: Path, upstream: UpstreamRegistry
) -> None:
    (own_machine / "registries.conf").write_text(
        f"""
        unqualified-search-registries = ["{upstream.host}"]
        [[registry]]
        location = "{upstream.host}"
        insecure = true
        [[registry]]
        location = "quay.invalid"
        [[registry.mirror]]
        location = "{upstream.host}/team"
        insecure = true
        [[registry]]
        location = "bad.invalid"
        blocked = true
        """
    )
    for name in ("team/web:v1", "quay.invalid/web:v1"):
        assert WEB.digest in roadstead("inspect", name).stdout
    blocked = roadstead("inspect", "bad.invalid/web:v1")
    assert blocked.exit_code == 5
    assert "blocked by registries.conf" in blocked.stderr


def test_inspect_shows_what_an_image_is(upstream: UpstreamRegistry) -> None:
    shown = roadstead("inspect", "--insecure", f"{upstream.host}/team/web:v1").stdout
    for text in (WEB.digest, "linux/amd64", AMD.digest, "linux/arm64", f"referrer    {SBOM.digest}"):
        assert text in shown
    one = roadstead("inspect", "--insecure", "--platform", "linux/amd64", f"{upstream.host}/team/web:v1").stdout
    assert AMD.digest in one
    assert "name=amd" in one


def test_inspect_gives_manifest_and_config_byte_by_byte(upstream: UpstreamRegistry) -> None:
    name = f"{upstream.host}/team/web:v1"
    assert roadstead("inspect", "--insecure", "--raw", name).stdout_bytes == WEB.data
    config = roadstead("inspect", "--insecure", "--config", "--platform", "linux/arm64", name).stdout_bytes
    assert config == ARM.blobs[0].data
    none = roadstead("inspect", "--insecure", "--config", name)
    assert none.exit_code == 3
    assert "--platform" in none.stderr


def test_inspect_gives_the_bytes_of_a_kind_nobody_knows(upstream: UpstreamRegistry) -> None:
    old = Content(b'{"schemaVersion":1,"fsLayers":[]}', "application/vnd.docker.distribution.manifest.v1+json")
    upstream.add("team/old", old, "v1")
    assert roadstead("inspect", "--insecure", "--raw", f"{upstream.host}/team/old:v1").stdout_bytes == old.data
    told = roadstead("inspect", "--insecure", f"{upstream.host}/team/old:v1")
    assert told.exit_code == 1
    assert "schema 1 are not accepted" in told.stderr


def test_inspect_prints_json_for_programs(upstream: UpstreamRegistry) -> None:
    shown = json.loads(roadstead("inspect", "--insecure", "--json", f"{upstream.host}/team/web:v1").stdout)
    assert shown["digest"] == WEB.digest
    assert [each["platform"] for each in shown["manifests"]] == ["linux/amd64", "linux/arm64"]
    assert shown["referrers"] == [SBOM.digest]
    one = json.loads(roadstead("inspect", "--insecure", "--json", f"{upstream.host}/team/web@{AMD.digest}").stdout)
    assert (one["platform"], one["labels"]) == ("linux/amd64", {"name": "amd"})


def test_what_an_image_says_of_itself_cannot_steer_the_terminal(upstream: UpstreamRegistry) -> None:
    evil = image("evil", annotations={"x": "\x1b]0;owned\x07\nnext line"})
    upstream.add("team/evil", evil, "v1")
    shown = roadstead("inspect", "--insecure", f"{upstream.host}/team/evil:v1").stdout
    assert "\x1b" not in shown
    assert "\nnext line" not in shown


def test_help_does_not_load_what_only_copying_needs() -> None:
    code = (
        "import sys, roadstead.cli.main; print([m for m in sys.modules if m in ('aiohttp', 'ssl', 'orjson', 'yaml')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_copy_that_was_killed_goes_on_in_the_middle_of_a_blob(own_machine: Path, upstream: UpstreamRegistry) -> None:
    large = Content(bytes(range(256)) * 20_000)
    heavy = manifest(
        {"mediaType": OCI_MANIFEST, "config": AMD.blobs[0].described(), "layers": [large.described()]},
        (AMD.blobs[0], large),
    )
    upstream.add("team/heavy", heavy, "v1")
    first = large.data[:3_000_000]
    upstream.before = [on(large.digest, hostile.stalls(first, "application/octet-stream", len(large.data)), times=1)]
    command = ["copy", "-q", "--insecure", f"{upstream.host}/team/heavy:v1", "oci:out:v1"]
    aside = own_machine / "out" / ".roadstead-partial" / f"sha256-{large.digest[7:]}"
    with subprocess.Popen([Path(sys.executable).with_name("roadstead"), *command]) as process:
        end = time.monotonic() + 20
        while not (aside.exists() and aside.stat().st_size > 1_000_000) and time.monotonic() < end:
            time.sleep(0.02)
        process.kill()
    kept = aside.stat().st_size
    done = roadstead(*command)
    assert done.exit_code == 0, done.output
    assert upstream.asked("GET", large.digest)[-1].headers["range"] == f"bytes={kept}-"
    assert (own_machine / "out" / "blobs" / "sha256" / large.digest[7:]).read_bytes() == large.data
    assert not aside.parent.exists()
