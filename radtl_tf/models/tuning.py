"""Cut a backbone at the tuning boundary: below it nothing is trained (prefix), above it everything is (suffix)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras

from radtl_tf.errors import ExperimentError
from radtl_tf.models.cka import pooled_stages, stages
from radtl_tf.models.vit import block_starts

# Mei et al. 2022: all but the last ten entries of `base.layers` are frozen; the pooling layer is one of the ten.
_TOP_ENTRIES = 10


class _Part(keras.Model):
    """Functional model that always returns a list (Keras unpacks a list of one tensor)."""

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> list[Any]:
        return keras.tree.flatten(super().call(inputs, training=training, mask=mask))


@dataclass(frozen=True)
class Split:
    """A backbone as two parts that share its weights.

    ``prefix(images)`` returns the tensors at the cut, ``suffix(tensors)`` the pooled features (B, C).
    """

    prefix: keras.Model
    suffix: keras.Model


def split(base: keras.Model, tuning: str) -> Split:
    """Cut ``base`` at the boundary of ``tuning``: ``frozen``, ``top10``, ``topK<number>`` or ``full``.

    The number counts layers with weights, and in a vision transformer blocks.

    Layers below the cut become non-trainable (their batch norms keep the statistics of pre-training), layers above it
    trainable. Both parts share the weights *and these flags* with ``base``, so the last split of a base sets them.

    Raises:
        ExperimentError: the tuning is unknown, or the backbone has fewer layers with weights, or blocks.
    """
    boundary = _boundary(base, tuning)
    for place, layer in enumerate(base.layers):
        layer.trainable = place >= boundary
    cut = _cut_tensors(base, boundary)
    prefix = _Part(base.input, cut, name="prefix")
    if boundary < len(base.layers):
        return Split(prefix, keras.Model(cut, base.output, name="suffix"))
    pooled = keras.Input(batch_shape=base.output.shape, dtype="float32")
    return Split(prefix, keras.Model([pooled], pooled, name="suffix"))


def watched_suffix(base: keras.Model, tuning: str) -> keras.Model:
    """Return the suffix with what it computes on the way: from the tensors at the cut to a list of (B, C).

    These are the averages over the image of the stages above the cut (``cka.stages``), and last the features.

    Raises:
        ExperimentError: as ``split``.
    """
    boundary = _boundary(base, tuning)
    if boundary == len(base.layers):
        pooled = keras.Input(batch_shape=base.output.shape, dtype="float32")
        return _Part([pooled], [pooled], name="watched")
    made_above = _made_by(base.layers[boundary:])
    inside = [stage for stage in stages(base)[:-1] if id(stage.output) in made_above]
    return _Part(_cut_tensors(base, boundary), [*pooled_stages(inside), base.output], name="watched")


def _boundary(base: keras.Model, tuning: str) -> int:
    """Return the position in ``base.layers`` of the first trained layer; it is never 0, the input."""
    fixed = {"frozen": len(base.layers), "top10": max(1, len(base.layers) - _TOP_ENTRIES), "full": 1}
    if tuning in fixed:
        return fixed[tuning]
    match = re.fullmatch(r"topK([1-9]\d*)", tuning)
    if not match:
        raise ExperimentError(f"Unknown tuning {tuning!r}: use frozen, top10, topK with a number of layers, or full.")
    blocks, with_weights = block_starts(base.layers), [at for at, layer in enumerate(base.layers) if layer.weights]
    places, what = (blocks, "blocks") if blocks else (with_weights, "layers with weights")
    count, limit = int(match[1]), len(places)
    if count > limit:
        raise ExperimentError(f"{tuning}: {base.name} has {limit} {what}: use at most {limit}, or full.")
    return places[-count]


def _cut_tensors(base: keras.Model, boundary: int) -> list[Any]:
    """Return the tensors that layers above the boundary read from below it, in order of first use."""
    above = base.layers[boundary:]
    made_above = _made_by(above)
    taken = {id(tensor): tensor for layer in above for tensor in keras.tree.flatten(layer.input)}
    return [tensor for key, tensor in taken.items() if key not in made_above] or list(base.outputs)


def _made_by(layers: Sequence[keras.layers.Layer]) -> set[int]:
    """Return the ids of the output tensors of layers."""
    return {id(tensor) for layer in layers for tensor in keras.tree.flatten(layer.output)}
