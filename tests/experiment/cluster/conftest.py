"""A stand-in for Slurm on the search path."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

STANDIN = Path(__file__).with_name("standin_slurm.py")


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], dict[str, Any]]:
    """Put ``sbatch`` and ``scontrol`` of the stand-in on the path; return a function that returns a job by number."""
    state, found = tmp_path / "slurm-state", tmp_path / "slurm-bin"
    state.mkdir()
    found.mkdir()
    for name in ("sbatch", "scontrol"):
        (found / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" -S "{STANDIN}" {name} "$@"\n')
        (found / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{found}:/usr/bin:/bin")
    monkeypatch.setenv("STANDIN_SLURM", str(state))
    return lambda number: json.loads((state / f"job-{number}").read_text())
