"""Grad-CAM of an ensemble inside its SavedModel: the gradients are part of the graph, so no Keras is needed later."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from radtl_tf.data.preprocessing.resizing import resize
from radtl_tf.deploy.card.facts import version_folder
from radtl_tf.deploy.graph.ensemble import Ensemble
from radtl_tf.deploy.graph.stages import stage_probabilities
from radtl_tf.models.gradcam import after_average, opened
from radtl_tf.models.head import Head
from radtl_tf.models.pixels import to_network
from radtl_tf.models.plain_graph import global_average
from radtl_tf.records.experiment import Kind
from radtl_tf.records.image_size import sides

SIGNATURE = "explain"
_GREY, _MAPS = "grey", "maps"
_SMALLEST = 1e-6  # added to a probability, so that its logarithm is finite

Maps = Callable[[NDArray[np.float32]], NDArray[np.float32]]
_FeatureMaps = Callable[[tf.Tensor], list[tf.Tensor]]
_Layers = Sequence[keras.Layer]


def can_explain(ensemble: Ensemble) -> bool:
    """Tell whether there is a last feature map to explain; a vision transformer has none."""
    parts = (ensemble.prefix, ensemble.members[0][0])
    return any(global_average(part.layers) is not None for part in parts)


def explain_function(ensemble: Ensemble) -> Any:
    """Return the signature ``explain`` of a SavedModel: from ``grey`` (B, H, W, 1) in 0..1 to ``maps`` (B, h, w, K).

    A map shows where the last feature map speaks for a class, 0 and above (Selvaraju et al. 2017, equations 1 and 2);
    it is the mean of the folds' maps. ``K`` is 1 for a binary model, whose map explains the logit of the positive class
    minus the logit of the negative one, and for a regression, whose map shows what makes the number larger. An ordinal
    model has a map for the log odds of each stage; otherwise there is a map for the logit of each class.

    Raises:
        ValueError: the backbone does not end with a global average.
    """
    size, (feature_maps, after) = ensemble.image_size, _feature_maps(ensemble)

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 1), tf.float32, name=_GREY)], autograph=False)
    def explain(grey: tf.Tensor) -> dict[str, tf.Tensor]:
        resized = tf.ensure_shape(resize(grey, size, ensemble.resize), (None, *sides(size), 1))
        heads = [head for _, head in ensemble.members]
        found = feature_maps(to_network(resized, ensemble.pixels))
        triples = zip(found, after, heads, strict=True)
        maps = [_maps(one, layers, head, ensemble.kind) for one, layers, head in triples]
        return {_MAPS: tf.reduce_mean(tf.stack(maps), axis=0)}

    return explain


def open_maps(model: Path) -> Maps | None:
    """Return a SavedModel's function from grey (B, H, W, 1) to maps (B, h, w, K); ``None`` if it has none."""
    loaded = tf.saved_model.load(str(version_folder(model)))
    if SIGNATURE not in loaded.signatures:
        return None
    return lambda grey: loaded.signatures[SIGNATURE](grey=tf.constant(grey))[_MAPS].numpy()


def _feature_maps(ensemble: Ensemble) -> tuple[_FeatureMaps, list[_Layers]]:
    """Return the function from images to the last feature map (B, h, w, C) of each fold, and each fold's layers after.

    The map is in the suffix of the fold, or in the prefix, and the same for all, if nothing below its average learns.
    The layers after it make features (B, C) from its average.
    """
    suffixes = [suffix for suffix, _ in ensemble.members]
    if global_average(suffixes[0].layers) is None:
        shared, below = opened(ensemble.prefix), after_average(ensemble.prefix)
        after: list[_Layers] = [[*below, *_without_inputs(suffix)] for suffix in suffixes]
        return lambda images: [shared(images, training=False)] * len(suffixes), after
    parts = [_opened_suffix(suffix) for suffix in suffixes]

    def each(images: tf.Tensor) -> list[tf.Tensor]:
        cuts = ensemble.prefix(images, training=False)
        return [part(cuts, training=False) for part in parts]

    return each, [after_average(suffix) for suffix in suffixes]


def _without_inputs(suffix: keras.Model) -> _Layers:
    return [layer for layer in suffix.layers if not isinstance(layer, keras.layers.InputLayer)]


def _opened_suffix(suffix: keras.Model) -> keras.Model:
    """Return the layers of a suffix up to its last feature map, without the global average and what follows.

    Unlike ``models.gradcam.opened`` it follows the calls in the suffix: its layers also have those of the backbone.
    """
    place = global_average(suffix.layers) or 0
    skipped = suffix.layers[place:]
    return keras.models.clone_model(
        suffix,
        clone_function=lambda layer: layer,
        call_function=lambda layer, *inputs, **settings: inputs[0] if layer in skipped else layer(*inputs, **settings),
    )


def _maps(activations: tf.Tensor, after: _Layers, head: Head, kind: Kind) -> tf.Tensor:
    """Return the maps (B, h, w, K) of one fold from its last feature map (B, h, w, C) and the layers after it."""
    activations = tf.cast(activations, tf.float32)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(activations)
        features = tf.reduce_mean(activations, axis=(1, 2))
        for layer in after:
            features = layer(features)
        evidence = tf.unstack(_evidence(head(features), kind), axis=1)
    gradients = [tape.gradient(one, activations) for one in evidence]
    shares = [tf.reduce_mean(one, axis=(1, 2), keepdims=True) for one in gradients]
    return tf.stack([tf.nn.relu(tf.reduce_sum(share * activations, axis=-1)) for share in shares], axis=-1)


def _evidence(logits: tf.Tensor, kind: Kind) -> tf.Tensor:
    """Return what each map explains (B, K), from the logits (B, S) of one fold."""
    if kind == "binary":
        return logits[:, 1:] - logits[:, :1]
    if kind != "ordinal":
        return logits
    stages = stage_probabilities(tf.nn.sigmoid(logits))
    return tf.math.log(stages + _SMALLEST) - tf.math.log(1 - stages + _SMALLEST)
