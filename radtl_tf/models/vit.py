"""DINOv2's vision transformer as a plain graph of stock Keras layers (Oquab et al. 2024, "DINOv2", TMLR).

An image is cut into patches. Each becomes a token, a vector; a class token comes first. Blocks of attention and of two
dense layers change the tokens. The features are the normalized class token, the mean of the normalized patch tokens, or
both. Why it is built like this:
docs/decisions/0031-vision-transformers.md.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import keras
from keras import layers

PATCHES = "patches"  # the layer that makes tokens
EPSILON = 1e-6  # of layer norms
MLP_RATIO = 4  # the width between the two dense layers of a block, in widths of a token
NORM = "norm"  # the last layer before the features are taken from the tokens
Pooling = Literal["class_token", "mean", "both"]
_SPREAD = 0.02  # SD of random weights (Dosovitskiy et al. 2021, ICLR)


@dataclass(frozen=True)
class Transformer:
    """The size of a vision transformer.

    ``width`` is the length of a token, ``depth`` the number of blocks, ``heads`` the number of attention heads in each,
    and ``patch`` the side of a patch in pixels. ``pooling`` says which tokens become features: the class token, the
    mean of the patches, or the class token followed by that mean.
    """

    width: int
    depth: int
    heads: int
    patch: int = 14
    pooling: Pooling = "class_token"

    @property
    def num_features(self) -> int:
        """Return the length of the features."""
        return self.width * (2 if self.pooling == "both" else 1)


def vision_transformer(
    size: Transformer, *, include_top: bool, pooling: str, weights: None, input_shape: tuple[int, int, int]
) -> keras.Model:
    """Build the network: images (B, S, S, 3) -> features (B, width), or (B, 2 width) with both poolings.

    The other arguments are those of ``keras.applications`` as ``build_base`` uses them: no top and no weights.
    """
    num_tokens = (input_shape[0] // size.patch) * (input_shape[1] // size.patch) + 1
    images = keras.Input(input_shape, name="images")
    x = _tokens(images, size, num_tokens)
    for number in range(size.depth):
        x = _block(x, f"block{number}", size)
    x = layers.LayerNormalization(epsilon=EPSILON, name=NORM)(x)
    return keras.Model(images, _pooled(x, size.pooling, num_tokens), name="vision_transformer")


def _pooled(tokens: Any, pooling: Pooling, num_tokens: int) -> Any:
    """Return the features of normalized tokens (B, T, width), whose first token is the class token."""
    parts = []
    if pooling != "mean":
        first = layers.Cropping1D((0, num_tokens - 1), name="class_token")(tokens)
        parts.append(layers.Flatten(name="features" if pooling == "class_token" else "class_token.flat")(first))
    if pooling != "class_token":
        patches = layers.Cropping1D((1, 0), name="patch_tokens")(tokens)
        parts.append(layers.GlobalAveragePooling1D(name="features" if pooling == "mean" else "patch_mean")(patches))
    return parts[0] if len(parts) == 1 else layers.Concatenate(name="features")(parts)


def _tokens(images: Any, size: Transformer, num_tokens: int) -> Any:
    """Return the tokens (B, T, width) of images: the class token, then the patches, row by row.

    The bias (T, width) holds everything that is added to the tokens: the positions, the bias of the patches, and in its
    first row the class token, whose own patch is zero.
    """
    side, (_, height, width, channels) = size.patch, images.shape
    rows, columns = height // side, width // side
    x = layers.Reshape((rows, side, columns, side * channels), name=f"{PATCHES}.rows")(images)
    x = layers.Permute((1, 3, 2, 4), name=f"{PATCHES}.order")(x)
    x = layers.Reshape((rows * columns, side * side * channels), name=f"{PATCHES}.list")(x)
    x = layers.ZeroPadding1D((1, 0), name=f"{PATCHES}.first")(x)
    return layers.EinsumDense(
        "btp,pd->btd",
        (num_tokens, size.width),
        bias_axes="td",
        kernel_initializer=_start(),
        bias_initializer=_start(),
        name=PATCHES,
    )(x)


def _block(x: Any, name: str, size: Transformer) -> Any:
    """Add a block: attention between all tokens, then two dense layers for each token; both are added to the input."""
    y = layers.LayerNormalization(epsilon=EPSILON, name=f"{name}.norm1")(x)
    y = layers.MultiHeadAttention(
        size.heads, size.width // size.heads, kernel_initializer=_start(), name=f"{name}.attention"
    )(y, y)
    x = layers.Add(name=f"{name}.add1")([x, _scaled(y, f"{name}.scale1")])
    y = layers.LayerNormalization(epsilon=EPSILON, name=f"{name}.norm2")(x)
    y = layers.Dense(MLP_RATIO * size.width, activation="gelu", kernel_initializer=_start(), name=f"{name}.fc1")(
        y
    )  # Keras' gelu is the exact one
    y = layers.Dense(size.width, kernel_initializer=_start(), name=f"{name}.fc2")(y)
    return layers.Add(name=f"{name}.add2")([x, _scaled(y, f"{name}.scale2")])


def _scaled(x: Any, name: str) -> Any:
    """Multiply every channel by a weight (Touvron et al. 2021, "Going deeper with image transformers")."""
    return layers.DepthwiseConv1D(1, use_bias=False, depthwise_initializer="ones", name=name)(x)


def _start() -> keras.Initializer:
    return keras.initializers.TruncatedNormal(stddev=_SPREAD)


def block_starts(layers: Sequence[keras.Layer]) -> list[int]:
    """Return the position of the first layer of every block, in order; none in another network."""
    return _named(layers, "norm1")


def block_ends(layers: Sequence[keras.Layer]) -> list[int]:
    """Return the position of the last layer of every block, in order; none in another network."""
    return _named(layers, "add2")


def _named(layers: Sequence[keras.Layer], part: str) -> list[int]:
    return [place for place, layer in enumerate(layers) if re.fullmatch(rf"block\d+\.{part}", layer.name)]
