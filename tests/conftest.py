"""Fixtures of all tests: one thread per process, and real radiographs and weights for the tests marked ``real``."""

from __future__ import annotations

import dataclasses
import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import radtl_tf  # noqa: F401  (sets what TensorFlow reads at its first import, before a test module imports it)

# Arrays in tests are so small that threads cost more than they save: in the tests of the data check, waiting BLAS
# threads used half of the processor time. Libraries read these variables at their first import, also in sub-processes.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
    os.environ.setdefault(_name, "1")


# Files of whole jobs, which take minutes. They start first, so that no process works alone at the end.
_LONG = ("all_backbones", "canary", "export", "notebook", "packaging", "real_experiments", "robustness", "snippets")
_LONG_FILES = {f"test_{name}.py" for name in (*_LONG, "tutorials", "without_radtl", "usage")}


def _why_no_real_folder() -> str:
    """Return what is missing for the tests on real data, or an empty string."""
    if not os.environ.get("RADTL_REAL"):
        return "RADTL_REAL is not set: name the folder that holds data/chest400 and weights"
    missing = [name for name in ("data/chest400/labels.csv", "weights") if not _real(name).exists()]
    return f"the folder RADTL_REAL has no {' and no '.join(missing)}" if missing else ""


def _real(name: str) -> Path:
    return Path(os.environ["RADTL_REAL"]).expanduser().resolve() / name


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of whole jobs first."""
    items.sort(key=lambda item: item.path.name not in _LONG_FILES)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test marked ``real`` if the real data are missing, and say what is missing."""
    if item.get_closest_marker("real") and (reason := _why_no_real_folder()):
        pytest.skip(reason)


def pytest_collection_finish() -> None:
    """Exclude everything imported so far from garbage collection; TensorFlow's million objects are never garbage.

    ``keras.backend.clear_session`` collects garbage, which took a third of a second in every experiment.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use a separate feature cache, not the cache of the user or of other tests."""
    monkeypatch.setenv("RADTL_CACHE", str(tmp_path / "feature-cache"))


@pytest.fixture(scope="session", autouse=True)
def no_parity_images() -> Iterator[None]:
    """Export without the check of parity, which starts a process per format; its own tests set a number of images."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("radtl_tf.deploy.parity.table.MOST", 0)
        yield


@pytest.fixture(autouse=True)
def no_sync(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not sync files to disk: files of a test need not survive a power failure."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture(scope="session")
def real_folder() -> Path:
    """Return the folder with ``data/chest400`` and ``weights``."""
    if reason := _why_no_real_folder():
        pytest.skip(reason)
    return _real(".")


def tiny_network(*, include_top: bool, pooling: str, weights: None, input_shape: tuple[int, int, int]) -> Any:
    """Return a network of two convolutions with batch norm and a branch, in the style of ``keras.applications``."""
    import keras

    layers = keras.layers
    images = keras.Input(input_shape)
    first = layers.Conv2D(6, 3, strides=2, name="conv1")(images)
    first = layers.ReLU(name="relu1")(layers.BatchNormalization(momentum=0.5, name="bn1")(first))
    second = layers.Conv2D(8, 3, strides=2, name="conv2")(first)
    second = layers.BatchNormalization(momentum=0.5, name="bn2")(second)
    branch = layers.AveragePooling2D(3, strides=2, name="pool1")(first)
    merged = layers.Concatenate(name="merge")([second, branch])
    last = layers.Conv2D(12, 1, name="conv3")(merged)
    last = layers.ReLU(name="relu3")(layers.BatchNormalization(momentum=0.5, name="bn3")(last))
    return keras.Model(images, layers.GlobalAveragePooling2D(name="pooled")(last), name="tiny")


def register_tiny() -> None:
    """Add the small network to the table of backbones."""
    from radtl_tf.models.backbones import BACKBONES, Backbone

    BACKBONES["Tiny"] = Backbone("Tiny", tiny_network, "tf", 16, True, 6)


@pytest.fixture(scope="session")
def tiny_backbone() -> Iterator[str]:
    """Register a small backbone, for tests where the architecture does not matter, and return its name."""
    from radtl_tf.models.backbones import BACKBONES

    register_tiny()
    yield "Tiny"
    del BACKBONES["Tiny"]


@pytest.fixture(scope="module")
def tiny_transformer() -> Iterator[str]:
    """Register a small vision transformer and return its name."""
    from radtl_tf.models.backbones import BACKBONES, transformer_row
    from radtl_tf.models.vit import Transformer

    BACKBONES["TinyViT"] = transformer_row("TinyViT", Transformer(width=24, depth=2, heads=3))
    yield "TinyViT"
    del BACKBONES["TinyViT"]


def write_radiographs(folder: Path, num_patients: int = 60) -> Path:
    """Write a PNG per patient, brighter in the upper half if sick, and the manifest; return its path."""
    import numpy as np
    from PIL import Image

    rng = np.random.default_rng(0)
    (folder / "images").mkdir(parents=True, exist_ok=True)
    rows = []
    for number in range(num_patients):
        blocks = rng.uniform(20, 120, (5, 4)).repeat(8, axis=0).repeat(8, axis=1)
        blocks[:20] += 80 * (number % 2)
        Image.fromarray(blocks.astype(np.uint8)).save(folder / "images" / f"{number:03d}.png")
        rows.append((f"images/{number:03d}.png", ("well", "sick")[number % 2], f"{number:04d}"))
    manifest = folder / "labels.csv"
    manifest.write_text("path,label,patient_id\n" + "".join(",".join(row) + "\n" for row in rows))
    return manifest


@pytest.fixture
def make_experiment(tmp_path: Path, tiny_backbone: str) -> Callable[..., Any]:
    """Return a function that makes an experiment on 60 radiographs; keywords change sections of the file."""
    return experiments_in(tmp_path, tiny_backbone)


@pytest.fixture(scope="session")
def experiment_text() -> Callable[..., str]:
    """Return a function that writes a small experiment as the text of its file: two weights, two folds, frozen."""
    return text_of_experiment


def text_of_experiment(
    *,
    backbone: str = "Tiny",
    manifest: str = "labels.csv",
    tunings: str = '{ mode = "frozen", learning_rates = [0.01] }',
    epochs: int = 1,
) -> str:
    """Return the text of ``experiment_text``; the file of its weights is ``tiny.h5``."""
    return f"""
name = "small"
[task]
manifest = "{manifest}"
positive = "sick"
patient = "patient_id"
[question]
compare = ["mine", "random"]
[folds]
count = 2
[grid]
backbones = ["{backbone}"]
weights = ["mine", "random"]
tunings = [ {tunings} ]
[weights.mine]
files.{backbone} = "tiny.h5"
pixels = "tf"
[training]
image_size = 32
epochs = {epochs}
"""


@pytest.fixture(scope="session")
def experiment_on_finished_data(finished_once: Path, tiny_backbone: str) -> Callable[..., Any]:
    """Return ``make_experiment`` on data and weights of ``finished_once``, which a test must not change."""
    return experiments_on(finished_once, tiny_backbone)


@pytest.fixture(scope="session")
def finished_plan(tmp_path_factory: pytest.TempPathFactory, tiny_backbone: str) -> Any:
    """Run the small experiment once for all tests; return its plan, which tests may read and copy."""
    from radtl_tf.experiment.engine import collect_predictions, execute
    from radtl_tf.experiment.plan.plan import make_plan
    from radtl_tf.records.folder import OutputFolder
    from radtl_tf.training.device import prepare

    folder = tmp_path_factory.mktemp("finished")
    experiment = experiments_in(folder, tiny_backbone)()
    device = prepare(experiment.training, experiment.seed)
    plan = make_plan(experiment, OutputFolder(folder / "out"), device=device, weights_folder=folder)
    for _ in execute(plan):
        pass
    collect_predictions(plan)
    return plan


@pytest.fixture(scope="session")
def forget_checksums() -> Callable[[Path], None]:
    """Return a function that makes an output folder one of an earlier version, whose files a test may change."""
    import json

    def forget(out: Path) -> None:
        (out / "checksums.json").unlink(missing_ok=True)
        for marker in out.glob("runs/*/*/DONE.json"):
            marker.write_text(json.dumps({"run": "/".join(marker.parts[-3:-1])}))

    return forget


@pytest.fixture(scope="session")
def finished_once(finished_plan: Any) -> Path:
    """Return the folder that holds data, weights and ``out`` of ``finished_plan``."""
    return finished_plan.folder.root.parent


def experiments_in(folder: Path, backbone: str) -> Callable[..., Any]:
    """Write radiographs and weights into ``folder``; return the function of ``make_experiment``."""
    from radtl_tf.models.backbones import build_base
    from radtl_tf.models.weights.file import write_weights

    write_radiographs(folder)
    write_weights(folder / "tiny.h5", build_base(backbone, 32, seed=99))
    return experiments_on(folder, backbone)


def experiments_on(folder: Path, backbone: str) -> Callable[..., Any]:
    """Return the function of ``make_experiment`` for existing radiographs and weights in ``folder``."""
    from radtl_tf.records.reader import experiment_from

    def make(**sections: dict[str, Any] | None) -> Any:
        raw: dict[str, Any] = {
            "name": "small",
            "task": {"manifest": "labels.csv", "positive": "sick", "patient": "patient_id"},
            "question": {"compare": ["mine", "random"]},
            "folds": {"count": 3, "inner": 0.45},
            "grid": {
                "backbones": [backbone],
                "weights": ["mine", "random"],
                "tunings": [
                    {"mode": "frozen", "learning_rates": [0.1, 0.01]},
                    {"mode": "topK", "layers": 2, "learning_rates": [0.01]},
                ],
            },
            "weights": {"mine": {"files": {backbone: "tiny.h5"}, "pixels": "tf"}},
            "training": {"image_size": 32, "epochs": 3, "batch_size": 16},
        }
        for section, changes in sections.items():
            raw[section] = changes if changes is None else {**raw.get(section, {}), **changes}
        return experiment_from(raw, folder)

    return make


@pytest.fixture(scope="session")
def radiographs_in() -> Callable[[Path], Path]:
    """Return the function that writes 60 radiographs and their manifest into a folder."""
    return write_radiographs


@pytest.fixture(scope="session")
def reading() -> Callable[..., Any]:
    """Return ``reading(**changes)``: the measurements of a plain image, with some changed."""
    import numpy as np

    from radtl_tf.data.decoding.reading import Reading

    plain = Reading(
        sha256="",
        pixels_hash="",
        height=20,
        width=40,
        bits=8,
        mean=0.5,
        sd=0.2,
        border=0.0,
        signature=np.zeros((32, 32), np.uint8),
    )
    return lambda **changes: dataclasses.replace(plain, **changes)
