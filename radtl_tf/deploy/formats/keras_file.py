"""The ensemble as a Keras file of stock layers: ``model.keras``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np

from radtl_tf.deploy.graph.ensemble import Ensemble
from radtl_tf.deploy.keras_model import mean_model
from radtl_tf.deploy.outputs import PROBABILITIES, SCORE
from radtl_tf.models.precision import FLOAT32


def write_keras_file(ensemble: Ensemble, file: Path) -> None:
    """Write a model from ``grey`` to a dictionary with the outputs of ``Ensemble.outputs``.

    Images of another size than the network's are padded and then resized by Keras, in training it is the other way
    round: the edge of an image that is not square differs a little.
    """
    mean = mean_model(ensemble, "ensemble")
    outputs = {PROBABILITIES: mean.output}
    if ensemble.kind == "binary":
        negative = keras.layers.Rescaling(-1.0, 1.0, dtype=FLOAT32)(mean.output)
        outputs[PROBABILITIES] = keras.layers.Concatenate(dtype=FLOAT32)([negative, mean.output])
        outputs[SCORE] = keras.layers.Reshape((), dtype=FLOAT32)(mean.output)
    elif ensemble.kind == "regression":
        outputs = {SCORE: keras.layers.Reshape((), dtype=FLOAT32)(mean.output)}
    elif ensemble.kind == "ordinal":
        outputs[PROBABILITIES] = _stages(mean.output)
    keras.Model(mean.input, outputs, name="ensemble").save(file)


def _stages(above: Any) -> Any:
    """Return the probability of each stage (B, K) from P(above a stage), (B, K - 1), as ``graph.stages``.

    P(at most a stage) is the running maximum of 1 - P(above it): a maximum over all places before, with zeros in front.
    """
    number = above.shape[1]
    layers: list[Any] = [
        keras.layers.Rescaling(-1.0, 1.0, dtype=FLOAT32),
        keras.layers.Reshape((number, 1), dtype=FLOAT32),
        keras.layers.ZeroPadding1D((number - 1, 0), dtype=FLOAT32),
        keras.layers.MaxPooling1D(number, strides=1, dtype=FLOAT32),
        keras.layers.Reshape((number,), dtype=FLOAT32),
    ]
    at_most = above
    for layer in layers:
        at_most = layer(at_most)
    differences = keras.layers.Dense(number + 1, trainable=False, dtype=FLOAT32, name=PROBABILITIES)
    differences.build((None, number))
    kernel = np.eye(number, number + 1) - np.eye(number, number + 1, 1)
    differences.set_weights([kernel, np.eye(number + 1)[-1]])
    return differences(at_most)
