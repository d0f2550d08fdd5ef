"""The parts of a vision transformer that a saliency map needs: the tokens that the last attention reads, and after."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import keras

from radtl_tf.models.vit import NORM, PATCHES, block_starts


@dataclass(frozen=True)
class TokenParts:
    """A model with the end of a vision transformer, in three parts that share its weights.

    ``below`` returns the tokens before the last block and those that its attention reads, each (B, T, C); ``above``
    makes of these two the normalized tokens (B, T, C); ``pool`` makes of those the output of the model. The first token
    is the class token.
    """

    below: keras.Model
    above: keras.Model
    pool: keras.Model


def has_tokens(model: keras.Model) -> bool:
    """Tell whether a model, or a part of one, holds the whole last block of a vision transformer."""
    return bool(block_starts(model.layers)) and any(layer.name == NORM for layer in model.layers)


def token_parts(model: keras.Model) -> TokenParts:
    """Return the parts of a model that ``has_tokens``."""
    start = model.layers[block_starts(model.layers)[-1]]
    calls: dict[str, tuple[Any, Any]] = {}  # of this model: its layers may also have those of the whole backbone

    def call(layer: keras.Layer, *inputs: Any, **settings: Any) -> Any:
        calls[layer.name] = inputs[0], layer(*inputs, **settings)
        return calls[layer.name][1]

    same = keras.models.clone_model(
        keras.Model(model.inputs, model.outputs), clone_function=lambda layer: layer, call_function=call
    )
    tokens, normalized = list(calls[start.name]), calls[NORM][1]
    below = keras.Model(same.inputs, tokens)
    return TokenParts(below, keras.Model(tokens, normalized), keras.Model(normalized, same.outputs))


def patch_grid(layers: Iterable[keras.Layer]) -> tuple[int, int]:
    """Return the number of rows and columns of patches, from the layers of a vision transformer."""
    rows, _, columns, _ = next(layer.target_shape for layer in layers if layer.name == f"{PATCHES}.rows")
    return rows, columns
