"""A SavedModel gives the same scores in every loader, with every signature."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from radtl_tf.deploy.card.facts import version_folder
from radtl_tf.deploy.engines.engine import open_model
from radtl_tf.deploy.predict import predict
from radtl_tf.models.backbones import build_base
from radtl_tf.models.tuning import split

WITHOUT_RADTL = """
import sys
import tensorflow as tf
model = tf.saved_model.load(sys.argv[1]).signatures["serving_default"]
files = [open(path, "rb").read() for path in sys.argv[2:]]
print(*[float(model(image_bytes=tf.constant([data]))["score"][0]) for data in files])
assert "radtl_tf" not in sys.modules
"""

Exported = Callable[[str], Path]


def first_images(folder: Path, number: int) -> list[Path]:
    return sorted((folder / "images").glob("*.png"))[:number]


@pytest.mark.parametrize("tuning", ["frozen", "topK2"])
def test_a_loader_that_reads_the_graph_alone_gives_the_same_scores(
    tuning: str, exported: Exported, finished_once: Path
) -> None:
    model = exported(f"Tiny-mine-tf-{tuning}")
    images = first_images(finished_once, 5)
    with tf.compat.v1.Session(graph=tf.Graph()) as session:
        loaded = tf.compat.v1.saved_model.load(session, ["serve"], str(version_folder(model)))
        signature = loaded.signature_def["serving_default"]
        data = np.array([image.read_bytes() for image in images], dtype=object)
        found = session.run(signature.outputs["score"].name, {signature.inputs["image_bytes"].name: data})
    expected = [one.score for one in predict(open_model(model), images)]
    assert found == pytest.approx(expected, abs=1e-5)


def test_every_variable_is_saved_once(exported: Exported) -> None:
    model = version_folder(exported("Tiny-mine-tf-topK2"))
    base, features = build_base("Tiny", 32, seed=0), 12
    above = split(base, "topK2").suffix.count_params()
    head = 2 * features + (features + 1) * 2  # mean and SD, kernel and bias
    saved = tf.train.list_variables(str(model / "variables" / "variables"))
    numbers = sum(int(np.prod(shape)) for name, shape in saved if name.endswith("VARIABLE_VALUE"))
    assert numbers == base.count_params() - above + 3 * (above + head)


@pytest.mark.slow
def test_a_process_without_the_package_gives_the_same_scores(
    exported: Exported, finished_once: Path, tmp_path: Path
) -> None:
    model = exported("Tiny-mine-tf-frozen")
    images = first_images(finished_once, 3)
    command = [sys.executable, "-c", WITHOUT_RADTL, str(version_folder(model)), *map(str, images)]
    environment = {**os.environ, "PYTHONPATH": "", "TF_CPP_MIN_LOG_LEVEL": "3"}
    result = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path, env=environment)
    assert [float(word) for word in result.stdout.split()] == pytest.approx(
        [one.score for one in predict(open_model(model), images)], abs=1e-5
    )
