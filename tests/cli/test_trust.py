"""`roadstead trust` puts the CA where clients look, takes it away again, and touches nothing else."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from roadstead.base.certificates import Certificates
from roadstead.base.settings import Settings
from roadstead.cli.trust import stranger
from roadstead.testing.running import running
from tests.cli.commands import refusal, run

ADDRESS = "https://127.0.0.1:59999"
"""Nothing listens there, and no other test uses the name."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder with a CA."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "ca.crt").write_text("the CA\n")
    return folder


def places(home: Path) -> list[Path]:
    """Where the CA of ADDRESS goes for whoever runs this."""
    system = [Path("/etc/containers/certs.d"), Path("/etc/docker/certs.d")]
    folders = system if os.geteuid() == 0 else [home / ".config" / "containers" / "certs.d"]
    return [folder / f"{host}:59999" / "roadstead-ca.crt" for folder in folders for host in ("127.0.0.1", "localhost")]


def install(home: Path, data: Path) -> subprocess.CompletedProcess[str]:
    return run("trust", "install", "--data", str(data), "--registry", ADDRESS, home=home)


def test_the_ca_is_installed_and_removed_without_a_trace(tmp_path: Path, data: Path) -> None:
    try:
        installed = install(tmp_path, data)
        assert installed.stdout.splitlines() == [f"wrote {place}" for place in places(tmp_path)]
        assert all(place.read_text() == "the CA\n" for place in places(tmp_path))
        assert install(tmp_path, data).returncode == 0
    finally:
        removed = run("trust", "remove", "--registry", ADDRESS, home=tmp_path)
    assert removed.stdout.splitlines() == [f"removed {place}" for place in places(tmp_path)]
    assert not any(place.parent.exists() for place in places(tmp_path))


def test_a_server_on_all_addresses_is_trusted_by_its_names(tmp_path: Path, data: Path) -> None:
    options, names = ("--registry", "https://0.0.0.0:59998"), {"ROADSTEAD_NAMES": "registry.test"}
    try:
        installed = run("trust", "install", "--data", str(data), *options, home=tmp_path, **names).stdout
    finally:
        run("trust", "remove", *options, home=tmp_path, **names)
    hosts = {Path(line.removeprefix("wrote ")).parent.name for line in installed.splitlines()}
    assert hosts == {"127.0.0.1:59998", "localhost:59998", "registry.test:59998"}


def test_removing_what_is_not_there_is_no_failure(tmp_path: Path) -> None:
    done = run("trust", "remove", "--registry", ADDRESS, home=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "nothing to remove\n", "")


def test_a_file_of_somebody_elses_stays(tmp_path: Path, data: Path) -> None:
    other = places(tmp_path)[0].with_name("their-ca.crt")
    try:
        install(tmp_path, data)
        other.write_text("theirs")
        run("trust", "remove", "--registry", ADDRESS, home=tmp_path)
        assert other.read_text() == "theirs"
    finally:
        other.unlink(missing_ok=True)
        other.parent.rmdir()


def test_without_a_ca_the_next_step_is_said(tmp_path: Path) -> None:
    said = refusal("trust", "install", "--data", str(tmp_path / "none"), home=tmp_path)
    assert said.startswith(f"{tmp_path}/none/ca.crt cannot be read")
    assert said.endswith("start `roadstead serve` once first, or name its folder with --data")


def test_a_server_of_another_folder_at_the_address_is_told(tmp_path: Path) -> None:
    with running(tmp_path / "data") as server:
        mine = Settings(data=str(server.folder), serve_registry=server.registry)
        assert stranger(mine) == ""
        Certificates(tmp_path / "other", ["127.0.0.1"]).ensure(datetime.now(UTC))
        said = stranger(replace(mine, data=str(tmp_path / "other")))
        assert said.startswith(f"note: what answers at {server.host} now is not the server of {tmp_path}/other")
    assert stranger(mine) == ""


@pytest.mark.parametrize("verb", ["install", "remove"])
@pytest.mark.parametrize("address", ["nonsense", "https://", "https://..", "https://:5000"])
def test_what_is_no_address_is_refused_before_anything_is_touched(
    tmp_path: Path, data: Path, verb: str, address: str
) -> None:
    said = refusal("trust", verb, "--registry", address, home=tmp_path, ROADSTEAD_DATA=str(data))
    assert said == f"--registry: '{address}' is not an address; write https://HOST:PORT"


def test_the_ca_of_another_registry_is_not_removed(tmp_path: Path, data: Path) -> None:
    try:
        install(tmp_path, data)
        for place in places(tmp_path):
            place.write_text("another CA\n")
        kept = run("trust", "remove", "--registry", ADDRESS, "--data", str(data), home=tmp_path)
        assert all(place.exists() for place in places(tmp_path))
        assert "it holds the CA of another registry" in kept.stdout
        assert "in place of another registry's CA" in install(tmp_path, data).stdout
    finally:
        run("trust", "remove", "--registry", ADDRESS, "--data", str(data), home=tmp_path)
