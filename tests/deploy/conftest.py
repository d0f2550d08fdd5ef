"""Finished small experiments."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from radtl_tf.records.folder import OutputFolder

BANDS = {"top": slice(0, 13), "middle": slice(13, 26), "bottom": slice(26, 40)}  # rows of an image, by class


@pytest.fixture
def finished(finished_once: Path, tmp_path: Path) -> OutputFolder:
    """Return a copy of the output folder of a finished experiment, which a test may change."""
    for name in ("out", "images", "tiny.h5"):
        copy = shutil.copytree if (finished_once / name).is_dir() else shutil.copy
        copy(finished_once / name, tmp_path / name)
    return OutputFolder(tmp_path / "out")


@pytest.fixture(scope="session")
def exported(finished_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return a function that gives the exported model of a setting: made once, not to be changed."""
    from radtl_tf.deploy.export import export

    folder = tmp_path_factory.mktemp("exported")

    def model(setting: str) -> Path:
        if not (folder / setting).exists():
            export(OutputFolder(finished_once / "out"), setting, folder / setting, weights_folder=finished_once)
        return folder / setting

    return model


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folders of one finished experiment of each kind."""
    return tmp_path_factory.mktemp("several")


@pytest.fixture
def finished_several(make_experiment: Any, kept: Path, tmp_path: Path) -> Callable[[str], OutputFolder]:
    """Return a function that gives a finished experiment of three classes, of a kind, on ``bands.csv``: a copy."""

    def run(kind: str) -> OutputFolder:
        if not (kept / kind).exists():
            write_bands(tmp_path, kind)
            run_bands(make_experiment, kind, tmp_path)
            shutil.copytree(tmp_path, kept / kind)
        shutil.copytree(kept / kind, tmp_path, dirs_exist_ok=True)
        return OutputFolder(tmp_path / "out")

    return run


def run_bands(make_experiment: Any, kind: str, folder: Path) -> None:
    """Run the experiment in ``folder``."""
    from radtl_tf.experiment.engine import execute
    from radtl_tf.experiment.plan.plan import make_plan
    from radtl_tf.training.device import prepare

    separator = "|" if kind == "multilabel" else None
    experiment = make_experiment(
        task={"manifest": "bands.csv", "positive": None, "kind": kind, "label_separator": separator},
        question=None,
        grid={"weights": ["mine"], "tunings": [{"mode": "frozen", "learning_rates": [0.1]}]},
    )
    device = prepare(experiment.training, experiment.seed)
    for _ in execute(make_plan(experiment, OutputFolder(folder / "out"), device=device, weights_folder=folder)):
        pass


def write_bands(folder: Path, kind: str) -> None:
    """Write 60 radiographs that are brighter in the bands of their classes, and the manifest, also by columns."""
    random = np.random.default_rng(3)
    lines = [f"path,label,patient_id,{','.join(BANDS)}"]
    for number in range(60):
        names = [name for bit, name in enumerate(BANDS) if number >> bit & 1]
        names = [tuple(BANDS)[number % 3]] if kind == "multiclass" else names
        grey = random.uniform(20, 120, (40, 32))
        for name in names:
            grey[BANDS[name]] += 100
        Image.fromarray(grey.astype(np.uint8)).save(folder / "images" / f"{number:03d}.png")
        marks = ",".join(str(int(name in names)) for name in BANDS)
        lines.append(f"images/{number:03d}.png,{'|'.join(names)},{number:04d},{marks}")
    (folder / "bands.csv").write_text("\n".join(lines) + "\n")
