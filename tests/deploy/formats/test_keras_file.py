"""A Keras file has the outputs of the other formats, and stock layers only."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from radtl_tf.deploy.formats.keras_file import write_keras_file


@pytest.mark.parametrize("num_members", [1, 2])
@pytest.mark.parametrize("kind", ["binary", "multiclass", "multilabel"])
def test_images_of_the_size_of_training_get_the_probabilities_of_the_ensemble(
    kind: str, num_members: int, make_ensemble: Callable[..., Any], tmp_path: Path
) -> None:
    ensemble = make_ensemble(kind, num_members)
    write_keras_file(ensemble, tmp_path / "model.keras")
    model = keras.models.load_model(tmp_path / "model.keras", compile=False)
    grey = np.random.default_rng(1).random((3, 32, 32, 1), np.float32)
    found = model(grey)
    assert found["probabilities"].numpy() == pytest.approx(ensemble.probabilities(grey).numpy(), abs=1e-6)
    assert set(found) == ({"probabilities", "score"} if kind == "binary" else {"probabilities"})
    if kind == "binary":
        assert found["score"].shape == (3,)
        assert found["score"].numpy() == pytest.approx(found["probabilities"].numpy()[:, 1])
    assert [one.name for one in model.inputs] == ["grey"]
