"""Documents that can fail."""

import re
from pathlib import Path

import pytest

from roadstead.base.settings import Settings, lines
from roadstead.cli.show_settings import render

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_page_of_settings_is_what_the_program_says() -> None:
    assert (ROOT / "docs" / "settings.md").read_text().endswith(render(Settings(), markdown=True) + "\n")


def test_every_setting_named_in_a_document_exists() -> None:
    known = {line.environment for line in lines(Settings())} | {"ROADSTEAD_CONFIG", "ROADSTEAD_VENV"}
    for document in DOCUMENTS:
        named = set(re.findall(r"ROADSTEAD_[A-Z_]*[A-Z]", document.read_text()))
        assert named <= known, document


@pytest.mark.parametrize("document", DOCUMENTS, ids=relative)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text()):
        assert (document.parent / target).exists(), target


def test_every_path_the_architecture_names_is_there() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    source = ROOT / "src" / "roadstead"
    for path in set(re.findall(r"`([a-z_]+/[a-z_]+\.py)`", text)):
        assert (source / path).exists(), path


def test_every_setting_is_used() -> None:
    sources = [path for path in (ROOT / "src").rglob("*.py") if path.name != "settings.py"]
    text = "\n".join(path.read_text() for path in sources)
    for line in lines(Settings()):
        assert re.search(rf"\.{line.name.rpartition('.')[2]}\b", text), line.name
