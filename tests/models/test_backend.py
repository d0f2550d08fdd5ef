"""``radtl_tf.models`` under JAX: the same numbers as under TensorFlow, which is not imported."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from radtl_tf.models.pixels import CONVENTIONS

# Loads a weights file into a backbone and writes, for each tuning, features and logits of two grey images.
PROGRAM = """
import os
import runpy
import sys
from pathlib import Path

if os.environ["KERAS_BACKEND"] == "jax":
    sys.modules["tensorflow"] = None  # every import of it fails, as where it is not installed

import keras
import numpy as np

from radtl_tf.models.backbones import BACKBONES, Backbone, build_base
from radtl_tf.models.head import Head
from radtl_tf.models.pixels import CONVENTIONS, convention, to_network
from radtl_tf.models.tuning import split
from radtl_tf.models.weights.sources import initialize, resolve
from radtl_tf.records.experiment import WeightsEntry

backbone, size, weights, out, conftest = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4], sys.argv[5]
if backbone == "Tiny":
    BACKBONES["Tiny"] = Backbone("Tiny", runpy.run_path(conftest)["tiny_network"], "tf", 16, True, 6)
entries = {"mine": WeightsEntry(files={backbone: weights}, pixels="caffe")}
record = resolve("mine", backbone, entries=entries, pixels="native", folder=weights.parent)
base = build_base(backbone, size, seed=1)
initialize(base, record, seed=0)
random = np.random.default_rng(0)
grey = random.uniform(size=(2, size, size, 1)).astype(np.float32)
found = {name: keras.ops.convert_to_numpy(to_network(grey, row)) for name, row in CONVENTIONS.items()}
images = to_network(grey, convention(record.pixels))
for tuning in ("frozen", "top10", "topK3", "full"):
    parts = split(base, tuning)
    features = parts.suffix(parts.prefix(images))
    head = Head(num_features=features.shape[-1], num_classes=3)
    rng = np.random.default_rng(1)
    kernel = rng.normal(size=(features.shape[-1], 3)).astype(np.float32)
    head.reset(kernel, np.ones(3, np.float32), np.zeros(len(kernel), np.float32), np.ones(len(kernel), np.float32))
    found[tuning] = keras.ops.convert_to_numpy(features)
    found[tuning + "-logits"] = keras.ops.convert_to_numpy(head(features))
    kept = 2 * rng.integers(0, 2, features.shape).astype(np.float32)
    found[tuning + "-dropped"] = keras.ops.convert_to_numpy(head(features, kept))
np.savez(out, **found)
print(keras.backend.backend(), sys.modules.get("tensorflow") is not None)
"""


PUBLISHED = [("ResNet50", 64), ("DenseNet121", 64), ("InceptionV3", 96), ("InceptionResNetV2", 96)]


@pytest.mark.slow
@pytest.mark.parametrize(("backbone", "size"), [("Tiny", 32), *PUBLISHED])
def test_pixels_cuts_and_heads_give_the_numbers_of_tensorflow(
    backbone: str, size: int, tmp_path: Path, tiny_backbone: str
) -> None:
    write_random(backbone, size, tmp_path / "weights.h5")
    said = {name: run(name, backbone, size, tmp_path) for name in ("jax", "tensorflow")}
    assert said["jax"] == "jax False"
    assert said["tensorflow"].startswith("tensorflow")
    jax, tensorflow = (np.load(tmp_path / f"{name}.npz") for name in ("jax", "tensorflow"))
    assert len(jax.files) == len(CONVENTIONS) + 4 * 3
    for name in jax.files:
        np.testing.assert_allclose(jax[name], tensorflow[name], rtol=1e-4, atol=1e-4 * np.abs(jax[name]).max())


def write_random(backbone: str, size: int, path: Path) -> None:
    from radtl_tf.models.backbones import build_base
    from radtl_tf.models.weights.file import write_weights

    write_weights(path, build_base(backbone, size, seed=5))


def run(backend: str, backbone: str, size: int, folder: Path) -> str:
    """Run the program under a backend of Keras; return what it printed."""
    places = map(str, (folder / "weights.h5", folder / backend, Path(__file__).parents[1] / "conftest.py"))
    command = [sys.executable, "-c", PROGRAM, backbone, str(size), *places]
    environment = {**os.environ, "KERAS_BACKEND": backend}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip().splitlines()[-1]
