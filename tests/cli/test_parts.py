"""The parts of ``radtl run`` as commands."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import pytest

from radtl_tf.experiment.plan.plan import Plan
from radtl_tf.experiment.units.preparation import prepare_units
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.safety.lock import working

TUNINGS = '{ mode = "frozen", learning_rates = [0.01] }, { mode = "topK", layers = 2, learning_rates = [0.01] }'
UNIT = "Tiny-random-tf-0"


@pytest.fixture
def prepared(finished_plan: Plan, tmp_path: Path) -> Path:
    """Return a prepared folder in which one run of ``UNIT`` is missing."""
    out = tmp_path / "out"
    shutil.copytree(finished_plan.folder.root, out, ignore=shutil.ignore_patterns("features", "radiographs"))
    prepare_units(dataclasses.replace(finished_plan, folder=OutputFolder(out)), timed=False)
    next(out.glob("runs/Tiny-random-*/*/DONE.json")).unlink()
    return out


@pytest.mark.slow
def test_the_three_parts_do_what_one_call_does(
    make_experiment: Any, radtl: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, experiment_text: Any
) -> None:
    make_experiment()
    (tmp_path / "e.toml").write_text(experiment_text(tunings=TUNINGS))
    first = radtl("run", tmp_path / "e.toml", "--out", tmp_path / "parts", "--prepare")
    assert first.exit_code == 0, first.output
    assert first.stdout.split() == ["Tiny-mine-tf-0", UNIT]
    shutil.copytree(tmp_path / "parts", tmp_path / "whole")
    monkeypatch.setenv("RADTL_CACHE", str(tmp_path / "other-cache"))
    whole = radtl("run", tmp_path / "e.toml", "--out", tmp_path / "whole")
    assert whole.exit_code == 0, whole.output
    (tmp_path / "labels.csv").unlink()  # parts of a prepared folder need no manifest
    for unit in reversed(first.stdout.split()):
        result = radtl("run", "--out", tmp_path / "parts", "--only", unit)
        assert (result.exit_code, result.stdout) == (0, ""), result.output
    finished = radtl("run", "--out", tmp_path / "parts", "--finish")
    assert finished.stdout == whole.stdout
    for name in ("predictions.csv", "estimates.csv", "similarity.csv"):
        assert (tmp_path / "parts" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_a_unit_in_other_hands_has_an_exit_code_of_its_own(prepared: Path, radtl: Any) -> None:
    with working(prepared, UNIT):
        result = radtl("run", "--out", prepared, "--only", UNIT)
    assert (result.exit_code, result.stdout) == (75, "") and result.stderr.count("\n") == 1
    assert UNIT in result.stderr


def test_a_unit_that_is_done_needs_nothing(prepared: Path, radtl: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("radtl_tf.experiment.run.run_unit", None)
    result = radtl("run", "--out", prepared, "--only", "Tiny-mine-tf-0")
    assert (result.exit_code, result.stdout) == (0, "")


def test_a_damaged_run_of_a_unit_is_not_done(prepared: Path, radtl: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("radtl_tf.experiment.run.run_unit", lambda out, unit, **_: asked.append(unit) or ["a run"])
    next(prepared.glob("runs/Tiny-mine-*/*/history.csv")).write_text("")
    result = radtl("run", "--out", prepared, "--only", "Tiny-mine-tf-0")
    assert asked == ["Tiny-mine-tf-0"]
    assert result.exit_code == 1 and "a run" in result.stderr  # it says which runs failed


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--only", "Tiny-random-tf-1"], 1, UNIT),
        (["--finish"], 1, UNIT),  # a run is missing
        ([], 2, "EXPERIMENT"),
        (["--prepare"], 2, "EXPERIMENT"),
        (["--only", UNIT, "--finish"], 2, "--finish"),
    ],
)
def test_what_cannot_be_done_is_one_line(prepared: Path, radtl: Any, words: list[str], code: int, said: str) -> None:
    result = radtl("run", "--out", prepared, *words)
    assert result.exit_code == code and said in result.stderr.splitlines()[-1]
    assert code == 2 or result.stderr.count("\n") == 1


def test_a_folder_that_is_not_prepared_or_of_another_experiment_is_one_line(
    prepared: Path, radtl: Any, tmp_path: Path, experiment_text: Any
) -> None:
    (tmp_path / "e.toml").write_text(experiment_text(tunings=TUNINGS))
    other = radtl("run", tmp_path / "e.toml", "--out", prepared, "--only", UNIT)
    assert (other.exit_code, other.stderr.count("\n")) == (1, 1) and "another experiment" in other.stderr
    (prepared / "PREPARED.json").unlink()
    missing = radtl("run", "--out", prepared, "--only", UNIT)
    assert (missing.exit_code, missing.stderr.count("\n")) == (1, 1) and "PREPARED.json" in missing.stderr
