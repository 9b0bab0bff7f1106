"""`roadstead serve` comes up with all a new administrator needs, or says in one line what is wrong and what next."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from roadstead.server import Address
from roadstead.testing.running import Server, running
from tests.cli.commands import FREE, refusal


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server over TLS."""
    with running(tmp_path_factory.mktemp("serve") / "data") as started:
        yield started


def test_what_a_new_administrator_needs_is_there_when_it_says_ready(server: Server) -> None:
    print(f"ready {server.ready_seconds:.2f} s after its start; {server.printed.splitlines()[0]}")
    for name in ("ca.crt", "admin.token", "admin.kubeconfig"):
        assert (server.folder / name).stat().st_mode & 0o777 == 0o600
    kubeconfig = yaml.safe_load((server.folder / "admin.kubeconfig").read_text())
    assert kubeconfig["clusters"][0]["cluster"]["server"] == server.api
    assert set(kubeconfig["users"][0]["user"]) == {"client-certificate-data", "client-key-data"}
    with server.ask_api() as api, server.ask_registry() as registry:
        assert api.get("/api/v1/namespaces/default").status == 200
        assert registry.get("/v2/").status == 200


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("door", ["registry", "api"])
def test_the_serving_certificate_verifies_with_the_ca_for_loopback_names(server: Server, name: str, door: str) -> None:
    context = ssl.create_default_context(cafile=str(server.folder / "ca.crt"))
    port = int(getattr(server, door).rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as plain:
        with context.wrap_socket(plain, server_hostname=name) as encrypted:
            assert encrypted.version() in ("TLSv1.2", "TLSv1.3")


def test_the_serving_certificate_is_for_no_other_name(server: Server) -> None:
    context = ssl.create_default_context(cafile=str(server.folder / "ca.crt"))
    with socket.create_connection(("127.0.0.1", int(server.host.rpartition(":")[2]))) as plain:
        with pytest.raises(ssl.SSLCertVerificationError), context.wrap_socket(plain, server_hostname="example.com"):
            pass


def test_the_serving_certificate_is_for_the_name_in_image_references(tmp_path: Path) -> None:
    with running(tmp_path / "data", ROADSTEAD_REGISTRY_HOSTNAME="registry.example:5000") as server:
        context = ssl.create_default_context(cafile=str(server.folder / "ca.crt"))
        with socket.create_connection(("127.0.0.1", int(server.host.rpartition(":")[2]))) as plain:
            with context.wrap_socket(plain, server_hostname="registry.example") as encrypted:
                assert encrypted.version() in ("TLSv1.2", "TLSv1.3")


@pytest.mark.parametrize(
    ("host", "names", "here", "named"),
    [
        ("0.0.0.0", ["registry.example", "10.0.0.5"], "127.0.0.1:5000", "registry.example:5000"),
        ("::", [], "[::1]:5000", f"{socket.gethostname()}:5000"),
        ("127.0.0.1", ["registry.example"], "127.0.0.1:5000", "127.0.0.1:5000"),
        ("10.0.0.5", [], "10.0.0.5:5000", "10.0.0.5:5000"),
    ],
)
def test_an_address_that_stands_for_all_is_never_shown_as_one_to_connect_to(
    host: str, names: list[str], here: str, named: str
) -> None:
    address = Address("https", host, 5000)
    assert (address.here().netloc, address.named(names).netloc) == (here, named)


@pytest.mark.parametrize("flag", ["--registry", "--api"])
def test_a_taken_port_is_said_with_the_flag_that_chooses_another(tmp_path: Path, flag: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"https://127.0.0.1:{taken.getsockname()[1]}"
        said = refusal("serve", "--data", str(tmp_path / "data"), *FREE, flag, address, home=tmp_path)
    assert said.startswith(f"{address} is taken by another program")
    assert said.endswith(f"choose another with {flag}")


def test_a_folder_in_use_is_said_with_the_process_that_has_it(server: Server, tmp_path: Path) -> None:
    said = refusal("serve", "--data", str(server.folder), *FREE, home=tmp_path)
    assert f"is in use by another Roadstead (process {server.child.pid})" in said
    assert said.endswith("choose another folder with --data")


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    said = refusal("serve", "--data", str(file), *FREE, home=tmp_path)
    assert said == f"{file} is not a folder; choose another with --data"


def test_a_folder_that_may_not_be_written_is_refused(tmp_path: Path) -> None:
    folder = "/sys/roadstead" if os.geteuid() == 0 else str(tmp_path / "closed" / "data")
    (tmp_path / "closed").mkdir(mode=0o500)
    said = refusal("serve", "--data", folder, *FREE, home=tmp_path)
    assert said.startswith(f"{folder} is not writable")
    assert said.endswith("give this user the folder, or choose another with --data")


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [("objects.db", b"no database at all, " * 100, "is damaged"), ("ca.crt", b"no certificate", "are damaged")],
)
def test_damaged_files_are_named_and_never_overwritten(tmp_path: Path, file: str, content: bytes, words: str) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    (folder / "tls").mkdir()
    (folder / "tls" / "ca.key").write_bytes(b"no key")
    (folder / file).write_bytes(content)
    if file != "ca.crt":
        (folder / "tls" / "ca.key").unlink()
    said = refusal("serve", "--data", str(folder), *FREE, home=tmp_path)
    assert str(folder) in said
    assert words in said
    assert "restore" in said
    assert (folder / file).read_bytes() == content


@pytest.mark.parametrize(
    "address", ["nonsense", "https://127.0.0.1:99999", "ftp://127.0.0.1:5000", "https://127.0.0.1:0/v2", "https://:0"]
)
def test_what_is_no_address_is_refused_with_the_form_of_one(tmp_path: Path, address: str) -> None:
    said = refusal("serve", "--data", str(tmp_path / "data"), "--registry", address, home=tmp_path)
    assert said.startswith(f"--registry: '{address}' is not an address; write https://HOST:PORT")


def test_an_address_of_another_machine_is_refused(tmp_path: Path) -> None:
    said = refusal("serve", "--data", str(tmp_path / "data"), *FREE, "--api", "https://192.0.2.1:0", home=tmp_path)
    assert said == "https://192.0.2.1:0 is not an address of this machine; choose another with --api"


@pytest.mark.parametrize("host", ["0.0.0.0", "[::]"])
def test_plain_http_that_other_machines_could_reach_needs_a_setting(tmp_path: Path, host: str) -> None:
    said = refusal("serve", "--data", str(tmp_path / "data"), "--registry", f"http://{host}:0", home=tmp_path)
    assert "would serve plain http to other machines" in said
    assert said.endswith("or set ROADSTEAD_PLAIN_BEYOND_LOOPBACK=true")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nonsense = 1", "there is no setting nonsense; `roadstead settings` lists them all"),
        ("[registry]\nnonsense = 1", "there is no setting registry.nonsense; `roadstead settings` lists them all"),
        ("[limits]\nwatch_queue = 'many'", "limits.watch_queue takes a whole number, not 'many'"),
    ],
)
def test_a_setting_that_does_not_exist_or_fit_is_named(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "settings.toml").write_text(text)
    assert refusal("serve", "--config", str(tmp_path / "settings.toml"), home=tmp_path) == words


def test_a_setting_of_the_environment_that_does_not_fit_is_named(tmp_path: Path) -> None:
    said = refusal("serve", *FREE, home=tmp_path, ROADSTEAD_REGISTRY_DELETES="perhaps")
    assert said == "ROADSTEAD_REGISTRY_DELETES takes true or false, not 'perhaps'"


def test_a_missing_settings_file_is_named(tmp_path: Path) -> None:
    said = refusal("serve", "--config", str(tmp_path / "none.toml"), home=tmp_path)
    assert said == f"settings file {tmp_path}/none.toml cannot be read: No such file or directory"
