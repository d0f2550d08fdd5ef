"""SavedModels, also those of earlier versions, and Keras files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from radtl_tf.data.preprocessing.resizing import resize
from radtl_tf.deploy.engines.with_tensorflow import keras_file, saved_model


def save(folder: Path, **signatures: tf.TensorSpec) -> Path:
    """Save a model whose probability is the mean of the grey 0..1; return its file."""
    module = tf.Module()
    white = {tf.uint16: 65535.0, tf.float32: 1.0}

    def signature(spec: tf.TensorSpec) -> Any:
        def mean(values: tf.Tensor) -> dict[str, tf.Tensor]:
            grey = tf.cast(values, tf.float32) / white[spec.dtype]
            return {"probabilities": tf.reduce_mean(grey, axis=[1, 2])}

        return tf.function(mean, input_signature=[spec])

    functions = {name: signature(spec) for name, spec in signatures.items()}
    tf.saved_model.save(module, str(folder), signatures=functions)
    return folder / "saved_model.pb"


@pytest.mark.parametrize(("name", "kind"), [("grey", tf.float32), ("pixels", tf.uint16)])
def test_a_saved_model_with_and_without_a_signature_for_grey(name: str, kind: tf.DType, tmp_path: Path) -> None:
    file = save(tmp_path / "model", **{name: tf.TensorSpec((None, None, None, 1), kind, name=name)})
    pixels = np.random.default_rng(0).integers(0, 65536, (2, 5, 7, 1)).astype(np.uint16)
    grey = pixels.astype(np.float32) / np.float32(65535)
    assert saved_model(file, {})(grey) == pytest.approx(grey.mean(axis=(1, 2)), abs=1e-6)


def test_a_keras_file_gets_images_resized_as_in_training(tmp_path: Path) -> None:
    images = keras.Input((None, None, 1), name="grey")
    outputs = {"probabilities": keras.layers.GlobalMaxPooling2D()(images)}
    keras.Model(images, outputs).save(tmp_path / "model.keras")
    grey = np.random.default_rng(0).random((2, 9, 20, 1), np.float32)
    found = keras_file(tmp_path / "model.keras", {"image_size": 8, "resize": "pad"})(grey)
    assert found == pytest.approx(resize(grey, 8, "pad").numpy().max(axis=(1, 2)), abs=1e-6)
