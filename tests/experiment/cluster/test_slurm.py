"""The scripts for Slurm, run by a stand-in that executes an array and what depends on it."""

from __future__ import annotations

import dataclasses
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from radtl_tf.experiment.cluster.slurm import ARRAY, FINISH, HELD, SlurmJob, scripts, write_scripts

# A shell script in place of radtl: it notes its words; a unit "held" is in use at its first two starts, "bad" fails.
_RADTL = """
echo "$RADTL_CACHE: $*" >> "$NOTES"
case "$*" in
*held*) [ "$(grep -c held "$NOTES")" -gt 2 ] || exit 75 ;;
*bad*) exit 1 ;;
esac
"""
UNITS = ("Tiny-mine-tf-0", "Tiny-held-tf-0", "Tiny-bad-tf-0", "Tiny-a b'$(x)%A-tf-0")


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SlurmJob:
    """Return a job in a folder whose name needs quotes, with a shell script in place of radtl."""
    monkeypatch.setenv("NOTES", str(tmp_path / "notes"))
    out = tmp_path / 'o\'ut $HOME %j "x"'
    out.mkdir()
    cache = str(tmp_path / "a 'cache'")
    return SlurmJob(["bash", "-c", _RADTL, "radtl"], out, UNITS, 2, environment={"RADTL_CACHE": cache})


def submit(script: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["bash", script, *words], capture_output=True, text=True, cwd="/")


@pytest.mark.parametrize("gpus", [0, 1])
def test_the_scripts_are_valid_for_bash_and_shellcheck(job: SlurmJob, gpus: int) -> None:
    folder = write_scripts(dataclasses.replace(job, gpus=gpus, seconds=90.0)).parent
    for script in sorted(folder.iterdir()):
        subprocess.run(["bash", "-n", script], check=True)
        if shutil.which("shellcheck"):  # SC2016: names with a dollar are meant as they are
            subprocess.run(["shellcheck", "--exclude=SC2016", script], check=True)
    assert len(list(folder.iterdir())) == 3


def test_every_unit_is_started_and_the_finish_comes_after_the_last(
    job: SlurmJob, slurm: Callable[[int], dict[str, Any]], tmp_path: Path
) -> None:
    done = submit(write_scripts(job), "--time=04:00:00")
    assert done.returncode == 0, done.stderr
    codes = slurm(1)["codes"]
    assert codes.pop("1")[-1] == 0 and codes == {"0": [0], "2": [1], "3": [0]}
    assert slurm(1)["options"]["time"] == "04:00:00" and "time" not in slurm(2)["options"]
    notes = (tmp_path / "notes").read_text().splitlines()
    start = f"{job.environment['RADTL_CACHE']}: run --out {job.out} "
    assert all(note.startswith(start) for note in notes)
    words = [note.removeprefix(start) for note in notes]
    assert words[-1] == "--finish"
    assert {word.removeprefix("--only ") for word in words[:-1]} == set(UNITS)
    logs = {path.name for path in (job.out / "slurm").glob("*.log")}
    assert logs == {"1_0.log", "1_1.log", "1_2.log", "1_3.log", "finish-2.log"}
    assert (job.out / "slurm" / "1_3.log").read_text().startswith(UNITS[3])


def test_a_unit_in_use_is_requeued_until_it_is_free(
    job: SlurmJob, slurm: Callable[[int], dict[str, Any]], tmp_path: Path
) -> None:
    assert submit(write_scripts(dataclasses.replace(job, units=UNITS[:2]))).returncode == 0
    assert len(slurm(1)["codes"]["1"]) == 3
    assert (tmp_path / "notes").read_text().count("held") == 3


def test_without_slurm_the_scripts_say_so(job: SlurmJob, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = write_scripts(job)
    for name in ("bash", "dirname"):
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    monkeypatch.setenv("PATH", str(tmp_path))
    result = submit(script)
    assert (result.returncode, result.stderr.count("\n")) == (1, 1)


def test_a_gpu_is_asked_for_once_per_task(job: SlurmJob) -> None:
    texts = scripts(dataclasses.replace(job, gpus=1, threads=6))
    for name in (ARRAY, FINISH):
        options = dict(re.findall(r"^#SBATCH --([a-z-]+)=(.*)$", texts[name], flags=re.M))
        assert options["gres"] == "gpu:1" and options["cpus-per-task"] == "6"
    assert "gres" not in scripts(job)[ARRAY]


def test_the_exit_code_of_a_held_unit_is_that_of_a_temporary_failure() -> None:
    assert HELD == 75  # sysexits.h: EX_TEMPFAIL
