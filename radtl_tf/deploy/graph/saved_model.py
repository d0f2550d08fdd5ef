"""A SavedModel: image bytes or pixels in, the mean probability of the folds out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tensorflow as tf

from radtl_tf.data.preprocessing.resizing import preprocess
from radtl_tf.deploy.graph.encoded_images import decode_grey
from radtl_tf.deploy.graph.ensemble import Ensemble


class ServedModel(tf.Module):
    """Preprocessing and an ensemble, with two signatures.

    ``serving_default`` takes ``image_bytes`` (B,) PNG or JPEG files; ``pixels`` takes (B, H, W, 1) uint16 grey, 0 black
    to 65535 white, as ``data.decoding`` returns it. Both give ``probabilities`` (B, K) as the mean over the folds,
    independent of each other in a ``multilabel`` model; a ``binary`` model also gives ``score`` (B,), the probability
    of the positive class.

    ``tf_variables`` is what the SavedModel stores: loaders that read only the graph (``tf.compat.v1.saved_model.load``,
    ``saved_model_cli run``, TensorFlow Serving) do not restore variables that are tracked only by Keras.
    """

    def __init__(self, ensemble: Ensemble) -> None:
        super().__init__()
        self._ensemble = ensemble
        self.tf_variables = ensemble.variables()

    @tf.function(input_signature=[tf.TensorSpec((None,), tf.string, name="image_bytes")])
    def from_bytes(self, image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        """Score encoded images."""
        depth = self._ensemble.depth
        return self._scores(self._each(lambda data: self._prepared(decode_grey(data, depth)), image_bytes))

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 1), tf.uint16, name="pixels")])
    def from_pixels(self, pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        """Score decoded grey images of one size."""
        return self._scores(self._each(self._prepared, pixels))

    def _each(self, prepare: Any, batch: tf.Tensor) -> tf.Tensor:
        size = self._ensemble.image_size
        return tf.map_fn(prepare, batch, fn_output_signature=tf.TensorSpec((size, size, 1), tf.float32))

    def _prepared(self, image: tf.Tensor) -> tf.Tensor:
        size = self._ensemble.image_size
        return tf.ensure_shape(preprocess(image, size, self._ensemble.resize), (size, size, 1))

    def _scores(self, grey: tf.Tensor) -> dict[str, tf.Tensor]:
        probabilities = self._ensemble.probabilities(grey)  # (B, K)
        found = {"probabilities": probabilities}
        return found | {"score": probabilities[:, 1]} if self._ensemble.kind == "binary" else found


def write_saved_model(ensemble: Ensemble, folder: Path) -> None:
    """Write the SavedModel of ``ensemble`` to ``folder``."""
    served = ServedModel(ensemble)
    signatures = {"serving_default": served.from_bytes, "pixels": served.from_pixels}
    tf.saved_model.save(served, str(folder), signatures=signatures)
