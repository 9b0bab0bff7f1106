"""Settings: one tree, a file and the environment."""

from pathlib import Path

import pytest

from roadstead.base.errors import Invalid
from roadstead.base.settings import Settings, lines, load


def test_without_file_and_environment_everything_has_its_default() -> None:
    assert load(None, {}) == Settings()


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "roadstead.toml"
    file.write_text("[registry]\ncatalog_entries = 5\nread_only = true\n")
    settings = load(file, {"ROADSTEAD_REGISTRY_CATALOG_ENTRIES": "7"})
    assert (settings.registry.catalog_entries, settings.registry.read_only) == (7, True)


def test_a_list_in_the_environment_is_separated_by_commas() -> None:
    assert load(None, {"ROADSTEAD_NAMES": "a.example, b.example"}).names == ["a.example", "b.example"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nonsense = 1", "there is no setting nonsense"),
        ("[registry]\nnonsense = 1", "there is no setting registry.nonsense"),
        ("registry = 1", "registry is a section"),
        ('[registry]\nread_only = "yes"', "registry.read_only takes true or false"),
        ("[registry]\ncatalog_entries = true", "registry.catalog_entries takes a whole number"),
        ("names = [1]", "names takes a list of texts"),
        ("= 1", "is not TOML"),
        ('log_level = "loud"', "log_level takes debug or info or warning or error, not 'loud'"),
    ],
)
def test_a_wrong_file_is_refused_naming_the_setting(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "roadstead.toml"
    file.write_text(text)
    with pytest.raises(Invalid, match=said):
        load(file, {})


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="cannot be read"):
        load(tmp_path / "no.toml", {})


def test_a_misspelt_name_in_the_environment_is_refused() -> None:
    with pytest.raises(Invalid, match="there is no setting ROADSTEAD_LOG_LEVL"):
        load(None, {"ROADSTEAD_LOG_LEVL": "info", "ROADSTEAD_CONFIG": "x", "PATH": "/bin"})


@pytest.mark.parametrize(
    ("name", "text"),
    [("ROADSTEAD_REGISTRY_READ_ONLY", "maybe"), ("ROADSTEAD_REGISTRY_CATALOG_ENTRIES", "-1")],
)
def test_a_wrong_value_in_the_environment_is_refused_by_name(name: str, text: str) -> None:
    with pytest.raises(Invalid, match=name):
        load(None, {name: text})


def test_every_setting_says_what_it_means_and_numbers_of_time_and_size_say_their_unit() -> None:
    for line in lines(Settings()):
        assert len(line.meaning) > 10, line.name
        if line.name.endswith(("_seconds", "_bytes")):
            assert line.unit in ("seconds", "bytes"), line.name
