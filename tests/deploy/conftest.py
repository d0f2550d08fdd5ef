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

TUNED = "Tiny-mine-tf-topK2"
BANDS = {"top": slice(0, 13), "middle": slice(13, 26), "bottom": slice(26, 40)}  # rows of an image, by class


@pytest.fixture
def finished(finished_once: Path, tmp_path: Path, forget_checksums: Callable[[Path], None]) -> OutputFolder:
    """Return a copy of the output folder of a finished experiment, which a test may change."""
    for name in ("out", "images", "tiny.h5"):
        copy = shutil.copytree if (finished_once / name).is_dir() else shutil.copy
        copy(finished_once / name, tmp_path / name)
    forget_checksums(tmp_path / "out")
    return OutputFolder(tmp_path / "out")


@pytest.fixture(scope="session")
def make_ensemble(tiny_backbone: str) -> Callable[..., Any]:
    """Return the function that makes a small ensemble."""
    return small_ensemble


def small_ensemble(kind: str = "binary", num_members: int = 2) -> Any:
    """Return an ensemble of small networks with random weights whose scores differ between images.

    An ordinal one has four stages, the classes of the others are two (binary) or three.
    """
    from radtl_tf.deploy.graph.ensemble import Ensemble
    from radtl_tf.models.backbones import build_base
    from radtl_tf.models.head import Head
    from radtl_tf.models.pixels import convention
    from radtl_tf.models.tuning import split

    random, num_classes = np.random.default_rng(0), {"binary": 2, "regression": 1}.get(kind, 3)
    parts = [split(build_base("Tiny", 32, seed=0), "topK2") for _ in range(num_members)]
    members = []
    for part in parts:
        head = Head(num_features=12, num_classes=num_classes)
        head.reset(random.normal(size=(12, num_classes)), np.zeros(num_classes), np.full(12, 0.1), np.full(12, 0.3))
        members.append((part.suffix, head))
    return Ensemble(parts[0].prefix, members, kind, convention("tf"), 32, "pad")  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def every_format(finished_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a model in every format, exported with a check of 8 images; tests must not change it. Takes a minute."""
    from radtl_tf.deploy.export import export
    from radtl_tf.deploy.formats.table import FORMATS

    folder = tmp_path_factory.mktemp("formats") / "model"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("radtl_tf.deploy.parity.table.MOST", 8)
        export(OutputFolder(finished_once / "out"), TUNED, folder, weights_folder=finished_once, formats=list(FORMATS))
    return folder


@pytest.fixture(scope="session")
def expected(finished_once: Path, tiny_backbone: str) -> Callable[[np.ndarray], np.ndarray]:
    """Return the function from grey (B, H, W, 1) to the probabilities (B, 2) that ``every_format`` must give."""
    from radtl_tf.data.preprocessing.resizing import resize
    from radtl_tf.deploy.keras_model import keras_model

    model = keras_model(OutputFolder(finished_once / "out"), TUNED, "all", weights_folder=finished_once)

    def probabilities(grey: np.ndarray) -> np.ndarray:
        positive = np.asarray(model(resize(grey, 32, "pad"), training=False))
        return np.concatenate([1 - positive, positive], axis=1)

    return probabilities


@pytest.fixture(scope="session")
def greys() -> list[np.ndarray]:
    """Return float32 grey batches (B, H, W, 1) of several sizes, with 8 and 16 bits."""
    random = np.random.default_rng(4)
    shapes = [(3, 32, 32, 1), (2, 90, 61, 1), (1, 17, 40, 1)]
    return [random.integers(0, 65536, shape).astype(np.float32) / np.float32(65535) for shape in shapes]


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
