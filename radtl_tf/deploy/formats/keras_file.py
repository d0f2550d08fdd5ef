"""The ensemble as a Keras file of stock layers: ``model.keras``."""

from __future__ import annotations

from pathlib import Path

import keras

from radtl_tf.deploy.formats.network import PROBABILITIES, SCORE
from radtl_tf.deploy.graph.ensemble import Ensemble
from radtl_tf.deploy.keras_model import mean_model
from radtl_tf.models.precision import FLOAT32


def write_keras_file(ensemble: Ensemble, file: Path) -> None:
    """Write a model from ``grey`` to a dictionary with ``probabilities`` (B, K) and, if binary, ``score`` (B,).

    Images of another size than the network's are padded and then resized by Keras, in training it is the other way
    round: the edge of an image that is not square differs a little.
    """
    mean = mean_model(ensemble, "ensemble")
    outputs = {PROBABILITIES: mean.output}
    if ensemble.kind == "binary":
        negative = keras.layers.Rescaling(-1.0, 1.0, dtype=FLOAT32)(mean.output)
        outputs[PROBABILITIES] = keras.layers.Concatenate(dtype=FLOAT32)([negative, mean.output])
        outputs[SCORE] = keras.layers.Reshape((), dtype=FLOAT32)(mean.output)
    keras.Model(mean.input, outputs, name="ensemble").save(file)
