"""A full disk is one line, and the experiment goes on where it was: the short version of the benchmark."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def can_mount(tmp_path: Path) -> None:
    """Skip unless small file systems can be mounted here."""
    place = tmp_path / "tried"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4096", "tmpfs", str(place)]
    if os.name != "posix" or os.geteuid() or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("mounting needs root on Linux")
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.slow
def test_full_disks_are_one_line_each_and_change_no_number(can_mount: None, limits: Any, tmp_path: Path) -> None:
    place = limits.Place(tmp_path, limits.EXPERIMENT.replace("repeats = 3", "repeats = 1"))
    undisturbed = place.out("undisturbed")
    ran = place.run(undisturbed)
    assert ran.code == 0, ran.said
    needed = limits.size_of(undisturbed)
    full = limits.filled(place, "out", None, "run", [needed // 50, needed // 2, 4 * needed])
    assert full[0] == (
        "out, run: full 2 times, one line with its folder 2 times; predictions.csv equal: True; left over: nothing"
    ), full


def test_what_a_full_disk_said_is_judged(limits: Any) -> None:
    disk = Path("/disk")
    line = "Error: /disk/runs/a/0-0: cannot be written (No space left on device)."
    assert limits.judged(limits.Ran(1, f"Reading\n{line}\n"), disk) == (True, "runs/a/0-0")
    assert limits.judged(limits.Ran(1, "Error: the disk is full\n"), disk)[0] is False
    assert limits.judged(limits.Ran(1, f"Traceback\n{line}\n"), disk)[0] is False
    assert limits.judged(limits.Ran(-9, line), disk)[0] is False
