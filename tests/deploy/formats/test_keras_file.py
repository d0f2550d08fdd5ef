"""A Keras file has the outputs of the other formats, and stock layers only."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from radtl_tf.deploy.formats.keras_file import _stages, write_keras_file
from radtl_tf.deploy.graph.stages import stage_probabilities


@pytest.mark.parametrize("num_members", [1, 2])
@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel", "regression", "ordinal"])
def test_images_of_the_size_of_training_get_the_outputs_of_the_ensemble(
    kind: str, num_members: int, make_ensemble: Callable[..., Any], tmp_path: Path
) -> None:
    ensemble = make_ensemble(kind, num_members)
    write_keras_file(ensemble, tmp_path / "model.keras")
    model = keras.models.load_model(tmp_path / "model.keras", compile=False)
    grey = np.random.default_rng(1).random((3, 32, 32, 1), np.float32)
    found, expected = model(grey), ensemble.outputs(grey)
    assert set(found) == set(expected)
    for name, values in expected.items():
        assert found[name].shape == values.shape
        assert found[name].numpy() == pytest.approx(values.numpy(), abs=1e-5 if kind == "regression" else 1e-6)
    if kind == "binary":
        assert found["score"].shape == (3,)
        assert found["score"].numpy() == pytest.approx(found["probabilities"].numpy()[:, 1])
    assert [one.name for one in model.inputs] == ["grey"]


def test_stages_are_those_of_the_graph() -> None:
    above = np.array([[0.9, 0.5, 0.1], [0.4, 0.6, 0.7], [0.2, 0.1, 0.3], [1, 1, 0]], np.float32)
    images = keras.Input((3,))
    found = keras.Model(images, _stages(images))(above).numpy()
    assert found == pytest.approx(stage_probabilities(tf.constant(above)).numpy(), abs=1e-6)
