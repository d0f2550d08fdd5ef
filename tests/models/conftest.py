"""A small weights file in every layout, which tests can damage in many ways, and genuine files of Keras 2."""

from __future__ import annotations

import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from radtl_tf.models.weights.schema import Schema

spoiled = SimpleNamespace(**runpy.run_path(str(Path(__file__).with_name("spoiled.py"))))


@pytest.fixture
def schema() -> Schema:
    """Return the contents of the small file."""
    return spoiled.SCHEMA


@pytest.fixture
def small_file(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a valid file and applies ``spoil(group, file)`` to it."""
    return lambda spoil=None, *, root=False: spoiled.write_small(tmp_path / "weights.h5", spoil, root=root)


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
    """Return a function that runs a script in a separate process and returns its output."""
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
