"""Open an exported model of any format, and score grey images with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from radtl_tf.deploy.card.facts import Card, verify, version_folder
from radtl_tf.deploy.engines import with_tensorflow, without_tensorflow
from radtl_tf.deploy.formats.table import FORMATS, check_installed, format_of
from radtl_tf.errors import OutputError

Grey = NDArray[np.float32]
Scores = Callable[[Grey], NDArray[np.float32]]

_LOADERS: dict[str, Callable[[Path, Card], Scores]] = {
    "saved_model": with_tensorflow.saved_model,
    "keras": with_tensorflow.keras_file,
    "onnx": without_tensorflow.onnx,
    "openvino": without_tensorflow.openvino,
    "litert": without_tensorflow.litert,
}


@dataclass(frozen=True)
class Engine:
    """An exported model that scores images.

    Attributes:
        card: the facts of the model: its classes, pixels, size and more.
        format: the name of its format; ``litert`` also if its weights are float16.
        scores: the probabilities (B, K) of float32 grey (B, H, W, 1) in 0..1, images of any one size; of a regression
            the number (B, 1), in the unit of the label.
    """

    card: Card
    format: str
    scores: Scores


def open_model(folder: Path | str) -> Engine:
    """Open a model that ``radtl export`` wrote: ``model``, ``model/1``, ``model/onnx`` or ``model/onnx/1``.

    ONNX, OpenVINO and LiteRT models are run without TensorFlow.

    Raises:
        OutputError: there is no such model, it is damaged or was changed, or there are several formats to choose from.
        ExperimentError: the packages that run its format are not installed; the message names the extra.
    """
    place = version_folder(Path(folder).expanduser())
    card, format = verify(place), format_of(place)
    if format is None:
        files = ", ".join(each.file for each in FORMATS.values())
        raise OutputError(f"{place} contains no model file (one of {files}). Export the model again.")
    check_installed(format, format.runners)
    try:
        return Engine(card, format.name, _LOADERS[format.engine](place / format.file, card))
    except Exception as error:  # the libraries have no common exception for a damaged file
        raise OutputError(f"{place}: the model is damaged ({type(error).__name__}). Export it again.") from error
