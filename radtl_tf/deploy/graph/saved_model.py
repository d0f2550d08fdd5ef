"""A SavedModel: image bytes or pixels in, the mean of the folds out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import tensorflow as tf

from radtl_tf.data.preprocessing.resizing import preprocess, resize
from radtl_tf.deploy.card.facts import EXTRA, Card
from radtl_tf.deploy.graph.encoded_images import decode_grey
from radtl_tf.deploy.graph.ensemble import Ensemble
from radtl_tf.deploy.graph.explain import SIGNATURE as EXPLAIN
from radtl_tf.deploy.graph.explain import can_explain, explain_function
from radtl_tf.deploy.graph.rows import prepare_rows
from radtl_tf.deploy.graph.stages import stage_number
from radtl_tf.deploy.graph.warm_up import FILE as WARM_UP
from radtl_tf.deploy.graph.warm_up import write_requests
from radtl_tf.deploy.outputs import PROBABILITIES, SCORE
from radtl_tf.records.disk import write_text
from radtl_tf.records.experiment import Kind
from radtl_tf.records.image_size import sides

LABELS = "labels.txt"
Outputs = dict[str, tf.Tensor]
_LABELS: dict[Kind, Callable[[tf.Tensor], tf.Tensor]] = {  # probabilities (B, K) to the number of a class (B,)
    "binary": lambda probabilities: tf.argmax(probabilities, axis=1),
    "multiclass": lambda probabilities: tf.argmax(probabilities, axis=1),
    "ordinal": stage_number,
}


class ServedModel(tf.Module):
    """Preprocessing and an ensemble, with four signatures.

    ``serving_default`` takes ``image_bytes`` (B,), PNG or JPEG files. ``pixels`` takes (B, H, W, 1) uint16 grey, 0
    black to 65535 white, as ``data.decoding`` returns it. ``grey`` takes (B, H, W, 1) float32 grey in 0..1.
    ``features`` takes the same and gives ``features`` (B, C), see ``Ensemble.features``. The others give:

    - ``probabilities`` (B, K): the mean over the folds; independent of each other in a ``multilabel`` model; of the
      stages of an ``ordinal`` model; not of a ``regression``
    - ``score`` (B,): the probability of the positive class of a ``binary`` model, or the number of a ``regression``
    - ``label`` (B,): the most probable class, or the stage of an ``ordinal`` model: as many stages from the lowest as
      the image is above with a probability of more than one half; not of the other kinds
    - ``above_threshold`` (B, T): whether the score is at least each of T thresholds; not without ``thresholds``

    Every signature also gives ``valid`` (B,). A row is not valid if the graph cannot treat it as ``radtl_tf``
    does, or if its grey is outside 0..1. It has NaN, an empty label, and is above no threshold.

    ``tf_variables`` is what the SavedModel stores: loaders that read only the graph (``tf.compat.v1.saved_model.load``,
    ``saved_model_cli run``, TensorFlow Serving) do not restore variables that are tracked only by Keras.
    """

    def __init__(self, ensemble: Ensemble, classes: Sequence[str], thresholds: Sequence[float] = ()) -> None:
        super().__init__()
        self._ensemble = ensemble
        self._classes = list(classes)
        self._thresholds = list(thresholds)
        self.tf_variables = ensemble.variables()

    @tf.function(input_signature=[tf.TensorSpec((None,), tf.string, name="image_bytes")])
    def from_bytes(self, image_bytes: tf.Tensor) -> Outputs:
        """Score encoded images."""
        size, policy, depth = self._ensemble.image_size, self._ensemble.resize, self._ensemble.depth
        rows = prepare_rows(lambda data: preprocess(decode_grey(data, depth), size, policy), image_bytes, sides(size))
        return self._scores(*rows)

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 1), tf.uint16, name="pixels")])
    def from_pixels(self, pixels: tf.Tensor) -> Outputs:
        """Score decoded grey images of one size."""
        grey = preprocess(pixels, self._ensemble.image_size, self._ensemble.resize)
        return self._scores(grey, tf.fill(tf.shape(pixels)[:1], True))

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 1), tf.float32, name="grey")])
    def from_grey(self, grey: tf.Tensor) -> Outputs:
        """Score grey images of one size."""
        return self._scores(*self._resized(grey))

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 1), tf.float32, name="grey")])
    def features_of(self, grey: tf.Tensor) -> Outputs:
        """Return the embeddings of grey images of one size."""
        grey, valid = self._resized(grey)
        return _rows(lambda rows: {"features": self._ensemble.features(rows)}, grey, valid) | {"valid": valid}

    def _resized(self, grey: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        valid = tf.reduce_all((grey >= 0) & (grey <= 1), axis=(1, 2, 3))  # NaN is in no range
        grey = tf.where(valid[:, tf.newaxis, tf.newaxis, tf.newaxis], grey, 0.0)
        return resize(grey, self._ensemble.image_size, self._ensemble.resize), valid

    def _scores(self, grey: tf.Tensor, valid: tf.Tensor) -> Outputs:
        found = _rows(self._ensemble.outputs, grey, valid) | {"valid": valid}
        number_of = _LABELS.get(self._ensemble.kind)
        if number_of:
            label = tf.gather(tf.constant(self._classes), number_of(found[PROBABILITIES]))
            found["label"] = tf.where(valid, label, "")
        if self._ensemble.kind == "binary" and self._thresholds:
            exact = tf.cast(found[SCORE], tf.float64)[:, tf.newaxis]
            found["above_threshold"] = exact >= tf.constant(self._thresholds, tf.float64)  # NaN is above none
        return found

    def requests(self) -> dict[str, tuple[str, tf.Tensor]]:
        """Return for each signature the name of its input and a batch of one black image."""
        black = tf.zeros((1, *sides(self._ensemble.image_size), 1), tf.uint16)
        grey = tf.zeros(black.shape)
        file = tf.io.encode_png(black[0])[tf.newaxis]
        return {
            "serving_default": ("image_bytes", file),
            "pixels": ("pixels", black),
            "grey": ("grey", grey),
            "features": ("grey", grey),
        }


def _rows(network: Callable[[tf.Tensor], Outputs], grey: tf.Tensor, valid: tf.Tensor) -> Outputs:
    """Return the outputs of ``network`` for each row, NaN for those that are not valid.

    An empty batch gets a black row, which is removed again: batch normalization refuses to run on nothing.
    """
    number = tf.shape(grey)[0]
    missing = tf.maximum(1 - number, 0)
    found = network(tf.pad(grey, [[0, missing], [0, 0], [0, 0], [0, 0]]))
    rows = {name: values[:number] for name, values in found.items()}
    return {
        name: tf.where(valid if values.shape.rank == 1 else valid[:, tf.newaxis], values, np.nan)
        for name, values in rows.items()
    }


def write_saved_model(ensemble: Ensemble, folder: Path, card: Card) -> None:
    """Write the SavedModel of ``ensemble`` to ``folder``, with its class names and warm-up requests.

    Its fifth signature is ``explain``, see ``explain_function``; the model of a vision transformer has none.

    The card names the ``classes``, and the ``operating_points`` with the ``threshold`` of each, if any were asked for.
    """
    thresholds = [point["threshold"] for point in card.get("operating_points", ())]
    served = ServedModel(ensemble, card["classes"], thresholds)
    signatures = {
        "serving_default": served.from_bytes,
        "pixels": served.from_pixels,
        "grey": served.from_grey,
        "features": served.features_of,
    }
    if can_explain(ensemble):
        signatures[EXPLAIN] = explain_function(ensemble)
    tf.saved_model.save(served, str(folder), signatures=signatures)
    (folder / EXTRA).mkdir()
    write_labels(folder / EXTRA, card)
    write_requests(folder / EXTRA / WARM_UP, served.requests())


def write_labels(folder: Path, card: Card) -> None:
    """Write the names of the classes to ``folder``, one in each line, in the order of the probabilities.

    A regression has no classes and no such file.
    """
    if card["classes"]:
        write_text(folder / LABELS, "".join(f"{name}\n" for name in card["classes"]))
