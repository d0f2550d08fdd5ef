"""A prepared experiment is prepared again only if something has changed; files are compared by size and time."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from radtl_tf.experiment.plan.plan import Plan
from radtl_tf.experiment.units.preparation import prepare_units
from radtl_tf.experiment.units.unchanged import prepared_already, remember_state
from radtl_tf.records.experiment import Experiment
from radtl_tf.records.folder import OutputFolder
from radtl_tf.records.safety.failures import record_failures


@pytest.fixture
def known(finished_plan: Plan, tmp_path: Path) -> tuple[Experiment, OutputFolder]:
    """Return an experiment on files that may be changed, and the folder in which it is prepared."""
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(b"image")
    (tmp_path / "labels.csv").write_text("path,label\na.png,x\nb.png,y\n")
    (tmp_path / "weights.h5").write_bytes(b"weights")
    task = dataclasses.replace(finished_plan.experiment.task, manifest=tmp_path / "labels.csv", images=None)
    experiment = dataclasses.replace(finished_plan.experiment, task=task)
    folder = OutputFolder(tmp_path / "out")
    shutil.copytree(finished_plan.folder.root, folder.root, ignore=shutil.ignore_patterns("features", "tensorboard"))
    records = {
        key: dataclasses.replace(one, file=tmp_path / "weights.h5") for key, one in finished_plan.records.items()
    }
    prepare_units(dataclasses.replace(finished_plan, folder=folder, records=records), timed=False)
    remember_state(experiment, folder, ("one",))
    return experiment, folder


def test_what_has_not_changed_is_not_prepared_again(known: tuple[Experiment, OutputFolder]) -> None:
    experiment, folder = known
    found = prepared_already(experiment, folder, ("one",))
    assert found and found.units


def test_another_experiment_or_another_acceptance_is(known: tuple[Experiment, OutputFolder]) -> None:
    experiment, folder = known
    assert prepared_already(experiment, folder, ("one", "two")) is None
    assert prepared_already(dataclasses.replace(experiment, seed=experiment.seed + 1), folder, ("one",)) is None
    from_name = dataclasses.replace(experiment, task=dataclasses.replace(experiment.task, manifest=None))
    assert prepared_already(from_name, folder, ("one",)) is None


def _fail(folder: OutputFolder) -> None:
    record_failures(folder.root, "unit", ["run/0-0"], "the memory was full", call="a")


CHANGES: dict[str, Callable[[OutputFolder], object]] = {
    "image": lambda folder: (folder.root.parent / "b.png").write_bytes(b"other image"),
    "lost image": lambda folder: (folder.root.parent / "b.png").unlink(),
    "table": lambda folder: (folder.root.parent / "labels.csv").write_text("path,label\na.png,x\nb.png,z\n"),
    "weights": lambda folder: (folder.root.parent / "weights.h5").write_bytes(b"other"),
    "folds": lambda folder: folder.folds.unlink(),
    "pixels": lambda folder: next(folder.data.glob("pixels-*.npy")).unlink(),
    "units": lambda folder: folder.prepared.unlink(),
    "run": lambda folder: folder.finished()[0].predictions.write_text("damaged"),
    "failure": _fail,
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_changed_file_is(known: tuple[Experiment, OutputFolder], what: str) -> None:
    experiment, folder = known
    CHANGES[what](folder)
    assert prepared_already(experiment, folder, ("one",)) is None


def test_comparing_needs_no_tensorflow() -> None:
    code = "import sys; import radtl_tf.experiment.units.unchanged; print('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
