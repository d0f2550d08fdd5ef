"""A SavedModel gives the same scores in every loader, with every signature."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from radtl_tf.deploy.card.facts import version_folder
from radtl_tf.deploy.predict import load_model, predict
from radtl_tf.models.backbones import build_base
from radtl_tf.models.tuning import split

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
    expected = [one.score for one in predict(load_model(model), images)]
    assert found == pytest.approx(expected, abs=1e-5)


def test_every_variable_is_saved_once(exported: Exported) -> None:
    model = version_folder(exported("Tiny-mine-tf-topK2"))
    base, features = build_base("Tiny", 32, seed=0), 12
    above = split(base, "topK2").suffix.count_params()
    head = 2 * features + (features + 1) * 2  # mean and SD, kernel and bias
    saved = tf.train.list_variables(str(model / "variables" / "variables"))
    numbers = sum(int(np.prod(shape)) for name, shape in saved if name.endswith("VARIABLE_VALUE"))
    assert numbers == base.count_params() - above + 3 * (above + head)
