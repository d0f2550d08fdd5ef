"""What Ray runs on a machine: one command, for a limited time, that ends with its starter."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from radtl_tf.experiment.cluster import raylet
from radtl_tf.experiment.cluster.raylet import LATE, start_unit


def shell(script: str, folder: Path, seconds: float = 20.0, **settings: str) -> tuple[int | None, str]:
    return start_unit(["sh", "-c", script], str(folder), "unit", seconds, settings)


def test_the_exit_code_and_the_output_of_the_command_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_AUTH_TOKEN", "secret")
    monkeypatch.setenv("OMP_NUM_THREADS", "7")  # as Ray sets it
    script = 'echo "$A $RADTL_STARTED_BY [$RAY_AUTH_TOKEN$OMP_NUM_THREADS]"; echo error >&2; exit 75'
    assert shell(script, tmp_path, A="a") == (75, "")
    assert shell("exit 0", tmp_path) == (0, "")
    lines = (tmp_path / "ray" / "unit.log").read_text().splitlines()
    assert lines[1:3] == [f"a {os.getpid()} []", "error"]
    assert len(lines) == 4  # and each start names unit and host


@pytest.mark.parametrize("script", ["sleep 60", "trap : TERM; while :; do sleep 0.01; done"])
def test_a_command_that_takes_too_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    monkeypatch.setattr(raylet, "GRACE", 0.1)
    start = time.monotonic()
    assert shell(f"echo $$ > {tmp_path}/process; {script}", tmp_path, 0.2) == (None, LATE)
    assert time.monotonic() - start < 20
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "process").read_text()), 0)


def test_a_machine_that_lacks_the_folder_or_the_command_says_so(tmp_path: Path) -> None:
    for code, reason in (
        shell("exit 0", tmp_path / "elsewhere"),
        start_unit([str(tmp_path / "python")], str(tmp_path), "unit", 5.0, {}),
    ):
        assert code is None and str(tmp_path) in reason


_STARTER = """
import sys
from radtl_tf.experiment.cluster.raylet import start_unit
start_unit([sys.executable, "-c", sys.argv[2]], sys.argv[1], "unit", 60.0, {})
"""
_UNIT = """
import time
from radtl_tf.records.safety.parent import end_with_parent
end_with_parent()
print("works", flush=True)
time.sleep(60)
"""


def test_the_command_ends_when_the_process_of_ray_is_killed(tmp_path: Path) -> None:
    starter = subprocess.Popen([sys.executable, "-c", _STARTER, str(tmp_path), _UNIT])
    log = tmp_path / "ray" / "unit.log"
    _until(lambda: log.exists() and "works" in log.read_text())
    (unit,) = Path(f"/proc/{starter.pid}/task/{starter.pid}/children").read_text().split()
    starter.kill()
    starter.wait()
    _until(lambda: not Path(f"/proc/{unit}").exists() or "Z" in Path(f"/proc/{unit}/stat").read_text())


def _until(condition: object) -> None:
    deadline = time.monotonic() + 20
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.02)
