"""A small weights file in every layout, to be spoiled in many ways, and genuine files of Keras 2."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from itertools import count
from pathlib import Path

import h5py
import numpy as np
import pytest

from radtl_tf.models.weight_schema import LayerSchema, Schema

BATCH_NORM = tuple((name, (4,)) for name in ("gamma", "beta", "moving_mean", "moving_variance"))
SCHEMA = Schema(
    backbone="Small",
    numbered=False,
    layers=(
        LayerSchema("conv1", "conv2d", (("kernel", (3, 3, 3, 4)), ("bias", (4,)))),
        LayerSchema("bn1", "batch_normalization", BATCH_NORM),
        LayerSchema("conv2_a", "conv2d", (("kernel", (1, 1, 4, 4)),)),
        LayerSchema("conv2_b", "conv2d", (("kernel", (1, 1, 4, 4)),)),
    ),
    known={"Small": 4, "Other": 7},
)


@pytest.fixture
def schema() -> Schema:
    """Return what the small file holds."""
    return SCHEMA


def put_layers(group: h5py.Group, layers: tuple[LayerSchema, ...]) -> None:
    """Write layers as Keras 2 does, the tensors counting on from 1, 2, ..., and an activation without weights."""
    group.attrs["layer_names"] = [*(layer.name for layer in layers), "relu"]
    group.attrs["keras_version"] = "2.4.0"
    group.create_group("relu").attrs["weight_names"] = np.array([])  # float64, as Keras wrote it
    first = count(1)
    for layer in layers:
        part = group.create_group(layer.name)
        part.attrs["weight_names"] = [f"{layer.name}/{name}:0" for name, _ in layer.tensors]
        for name, shape in layer.tensors:
            part[f"{layer.name}/{name}:0"] = next(first) + np.arange(np.prod(shape), dtype="f4").reshape(shape)


@pytest.fixture
def small_file(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a sound file and applies ``spoil(group, file)`` to it."""

    def write(spoil: Callable[[h5py.Group, h5py.File], object] | None = None, *, root: bool = False) -> Path:
        path = tmp_path / "weights.h5"
        with h5py.File(path, "w") as file:
            group = file if root else file.create_group("model_weights")
            put_layers(group, SCHEMA.layers)
            if spoil:
                spoil(group, file)
        return path

    return write


GENUINE = """
import sys
from pathlib import Path
import numpy as np
import tf_keras

folder, size, names = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
generator = np.random.default_rng(3)
images = generator.uniform(-1, 1, (2, size, size, 3)).astype("float32")
np.save(folder / "images.npy", images)
for name in names:
    make = getattr(tf_keras.applications, name)
    model = make(include_top=False, weights=None, input_shape=(size, size, 3))
    for layer in model.layers:
        if isinstance(layer, tf_keras.layers.BatchNormalization):
            layer.set_weights([generator.uniform(0.5, 1.5, w.shape) for w in layer.get_weights()])
    pooled = tf_keras.Sequential([model, tf_keras.layers.GlobalAveragePooling2D()])
    np.save(folder / f"{name}.npy", pooled(images, training=False).numpy())
    model.save(folder / f"{name}-whole.h5")
    model.save_weights(folder / f"{name}-weights.h5")
"""


def _run(script: str, *arguments: str) -> str:
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="session")
def run_script() -> Callable[..., str]:
    """Return a function that runs a script in a process of its own and returns what it printed."""
    return _run


@pytest.fixture(scope="session")
def genuine(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return a function that lets Keras 2 write files of a backbone, of both layouts, with the features it computes."""
    pytest.importorskip("tf_keras")

    def write(name: str, size: int) -> Path:
        folder = tmp_path_factory.mktemp(name)
        _run(GENUINE, str(folder), str(size), name)
        return folder

    return write
