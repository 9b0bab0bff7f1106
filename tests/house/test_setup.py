"""The scripts know an environment that was made elsewhere, as in a clone that was moved or copied."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SETUP = Path(__file__).parents[2] / "scripts" / "setup.sh"


@pytest.mark.parametrize(
    ("pip", "made_here"),
    [
        ("echo pip 23.0.1 from HERE/lib/python3.11/site-packages/pip", True),
        ("echo pip 23.0.1 from /another/.venv/lib/python3.11/site-packages/pip", False),
        ("exit 1", False),
        (None, False),
    ],
)
def test_an_environment_counts_when_its_programs_lead_into_it(tmp_path: Path, pip: str | None, made_here: bool) -> None:
    venv = tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    if pip is not None:
        (venv / "bin" / "pip").write_text(f"#!/bin/sh\n{pip.replace('HERE', str(venv))}\n")
        (venv / "bin" / "pip").chmod(0o755)
    done = subprocess.run(
        ["bash", "-c", f'set -euo pipefail; . "{SETUP}"; made_here'], env={"ROADSTEAD_VENV": str(venv)}, check=False
    )
    assert (done.returncode == 0) is made_here
