"""SavedModel and Keras file: functions from grey (B, H, W, 1) to the scores of ``engine.Engine``, (B, N)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from radtl_tf.deploy.card.facts import Card
from radtl_tf.deploy.outputs import GREY, columns_of, output_of

_Array = NDArray[np.float32]
_WHITE = 65535


def saved_model(file: Path, card: Card) -> Callable[[_Array], _Array]:
    """Return the scores of a SavedModel; earlier versions have no signature for grey, but one for uint16 pixels."""
    import tensorflow as tf

    model, output = (
        tf.saved_model.load(str(file.parent)),
        output_of(card),
    )  # the functions need it: it keeps the variables alive

    def of_grey(grey: _Array) -> _Array:
        return columns_of(model.signatures[GREY](grey=tf.constant(grey))[output].numpy())

    def of_pixels(grey: _Array) -> _Array:
        pixels = np.round(grey * _WHITE).astype(np.uint16)
        return columns_of(model.signatures["pixels"](pixels=tf.constant(pixels))[output].numpy())

    return of_grey if GREY in model.signatures else of_pixels


def keras_file(file: Path, card: Card) -> Callable[[_Array], _Array]:
    """Return the scores of a Keras file, of images resized as in training: Keras pads before it resizes."""
    import keras

    from radtl_tf.data.preprocessing.resizing import resize

    model: Any = keras.models.load_model(file, compile=False)
    size, policy, output = card["image_size"], card["resize"], output_of(card)

    def scores(grey: _Array) -> _Array:
        return columns_of(np.asarray(model(resize(grey, size, policy), training=False)[output]))

    return scores
