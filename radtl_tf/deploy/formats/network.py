"""The one pixel graph of all formats: float32 grey of any size, resize, network, outputs."""

from __future__ import annotations

from pathlib import Path

import tensorflow as tf

from radtl_tf.data.preprocessing.resizing import resize
from radtl_tf.deploy.graph.ensemble import Ensemble
from radtl_tf.deploy.outputs import GREY
from radtl_tf.records.image_size import sides


class PixelGraph(tf.Module):
    """``grey`` (B, H, W, 1) float32 in 0..1 to the outputs of ``Ensemble.outputs``.

    The height and width are known only at run time; the resize is two matrix products, which every format has. The
    names of input and outputs survive in all formats.
    """

    def __init__(self, ensemble: Ensemble) -> None:
        super().__init__()
        self._ensemble = ensemble
        self.tf_variables = ensemble.variables()

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 1), tf.float32, name=GREY)])
    def __call__(self, grey: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return the outputs of a batch of images of one size."""
        ensemble = self._ensemble
        resized = resize(grey, ensemble.image_size, ensemble.resize)
        found = ensemble.outputs(tf.ensure_shape(resized, (None, *sides(ensemble.image_size), 1)))
        return {name: tf.identity(values, name) for name, values in found.items()}


def save_pixel_graph(ensemble: Ensemble, folder: Path) -> None:
    """Write the pixel graph to ``folder`` as a SavedModel, from which the formats are converted."""
    graph = PixelGraph(ensemble)
    tf.saved_model.save(graph, str(folder), signatures={"serving_default": graph.__call__})
