"""The graphs of ResNet50 and InceptionV3 that PyTorch trains; those of ``keras.applications`` differ from them.

ResNet50: PyTorch has the stride of a stage in its 3 x 3 convolution and pads it on both sides (He et al. 2016 and Keras
have it in the 1 x 1 convolution before). InceptionV3: PyTorch's batch norms have a gamma, and its average pooling
counts the zeros of the border. A layer with weights has the name of its PyTorch module, such as ``layer1.0.conv1``.
Source: torchvision 0.29, ``models/resnet.py`` and ``models/inception.py``; timm has the same graphs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

Size = int | tuple[int, int]
Shape = tuple[int, int, int]

_RESNET_START = keras.initializers.VarianceScaling(2.0, mode="fan_out", distribution="untruncated_normal")
_INCEPTION_START = keras.initializers.RandomNormal(stddev=0.1)
_STAGES = ((64, 3), (128, 4), (256, 6), (512, 3))  # channels of the 3 x 3 convolutions, and blocks (He et al. 2016)


def resnet50_torch(*, include_top: bool, pooling: str, weights: None, input_shape: Shape) -> keras.Model:
    """Build torchvision's ResNet50 without its top, average-pooled: images (B, H, W, 3) -> features (B, 2048).

    It has the signature of ``keras.applications.ResNet50`` as ``build_base`` uses it: no top, no weights, average
    pooling. A batch norm adds 1e-5 to the variance.
    """
    images = keras.Input(input_shape, name="images")
    x = layers.ZeroPadding2D(3, name="conv1.pad")(images)
    x = _normed(_convolution(x, "conv1", 64, 7, stride=2), "bn1")
    x = layers.ReLU(name="relu")(x)
    x = layers.ZeroPadding2D(1, name="maxpool.pad")(x)  # after the ReLU, zeros are as good as PyTorch's minus infinity
    x = layers.MaxPooling2D(3, strides=2, name="maxpool")(x)
    for stage, (width, blocks) in enumerate(_STAGES, start=1):
        for block in range(blocks):
            x = _bottleneck(x, f"layer{stage}.{block}", width, stride=2 if stage > 1 and block == 0 else 1)
    return keras.Model(images, layers.GlobalAveragePooling2D(name="avgpool")(x), name="resnet50_torch")


def _bottleneck(x: Any, name: str, width: int, stride: int) -> Any:
    """Add a block of three convolutions; its shortcut is a convolution where the shape changes."""
    y = _normed(_convolution(x, f"{name}.conv1", width, 1), f"{name}.bn1")
    y = layers.ReLU(name=f"{name}.relu1")(y)
    y = layers.ZeroPadding2D(1, name=f"{name}.conv2.pad")(y)
    y = _normed(_convolution(y, f"{name}.conv2", width, 3, stride), f"{name}.bn2")
    y = layers.ReLU(name=f"{name}.relu2")(y)
    y = _normed(_convolution(y, f"{name}.conv3", 4 * width, 1), f"{name}.bn3")
    if stride > 1 or x.shape[-1] != 4 * width:
        x = _convolution(x, f"{name}.downsample.0", 4 * width, 1, stride)
        x = _normed(x, f"{name}.downsample.1")
    return layers.ReLU(name=f"{name}.relu3")(layers.Add(name=f"{name}.add")([y, x]))


def _convolution(x: Any, name: str, width: int, size: int, stride: int = 1) -> Any:
    return layers.Conv2D(width, size, stride, use_bias=False, kernel_initializer=_RESNET_START, name=name)(x)


def _normed(x: Any, name: str) -> Any:
    return layers.BatchNormalization(epsilon=1e-5, name=name)(x)


def inception_v3_torch(*, include_top: bool, pooling: str, weights: None, input_shape: Shape) -> keras.Model:
    """Build torchvision's InceptionV3 without its top, average-pooled: images (B, H, W, 3) -> features (B, 2048).

    It has the signature of ``keras.applications.InceptionV3`` as ``build_base`` uses it: no top, no weights, average
    pooling. The auxiliary classifier, which is only used in training from scratch, is left out.
    """
    images = keras.Input(input_shape, name="images")
    x = _unit(images, "Conv2d_1a_3x3", 32, 3, stride=2)
    x = _unit(x, "Conv2d_2a_3x3", 32, 3)
    x = _unit(x, "Conv2d_2b_3x3", 64, 3, padding="same")
    x = layers.MaxPooling2D(3, strides=2, name="maxpool1")(x)
    x = _unit(x, "Conv2d_3b_1x1", 80, 1)
    x = _unit(x, "Conv2d_4a_3x3", 192, 3)
    x = layers.MaxPooling2D(3, strides=2, name="maxpool2")(x)
    for name, block, *widths in _MIXED:
        x = layers.Concatenate(name=name)(block(x, name, *widths))
    return keras.Model(images, layers.GlobalAveragePooling2D(name="avgpool")(x), name="inception_v3_torch")


def _unit(x: Any, name: str, width: int, size: Size, stride: int = 1, padding: str = "valid") -> Any:
    """Add torchvision's ``BasicConv2d``: convolution, batch norm with an epsilon of 1e-3, ReLU."""
    x = layers.Conv2D(
        width, size, stride, padding, use_bias=False, kernel_initializer=_INCEPTION_START, name=f"{name}.conv"
    )(x)
    return layers.ReLU(name=f"{name}.relu")(layers.BatchNormalization(epsilon=1e-3, name=f"{name}.bn")(x))


def _chain(x: Any, prefix: str, *units: tuple[str, int, Size]) -> Any:
    """Add units one after the other, which keep the height and the width; ``prefix`` begins their names."""
    for name, width, size in units:
        x = _unit(x, f"{prefix}{name}", width, size, padding="same")
    return x


def _pooled(x: Any, name: str, width: int) -> Any:
    """Add the branch of average pooling; zeros on the border are counted, as PyTorch does."""
    x = layers.ZeroPadding2D(1, name=f"{name}.pool.pad")(x)
    x = layers.AveragePooling2D(3, strides=1, name=f"{name}.pool")(x)
    return _unit(x, f"{name}.branch_pool", width, 1)


def _block_a(x: Any, name: str, pooled: int) -> list[Any]:
    return [
        _chain(x, f"{name}.branch", ("1x1", 64, 1)),
        _chain(x, f"{name}.branch5x5", ("_1", 48, 1), ("_2", 64, 5)),
        _chain(x, f"{name}.branch3x3dbl", ("_1", 64, 1), ("_2", 96, 3), ("_3", 96, 3)),
        _pooled(x, name, pooled),
    ]


def _block_b(x: Any, name: str) -> list[Any]:
    double = _chain(x, f"{name}.branch3x3dbl", ("_1", 64, 1), ("_2", 96, 3))
    return [
        _unit(x, f"{name}.branch3x3", 384, 3, stride=2),
        _unit(double, f"{name}.branch3x3dbl_3", 96, 3, stride=2),
        layers.MaxPooling2D(3, strides=2, name=f"{name}.pool")(x),
    ]


def _block_c(x: Any, name: str, width: int) -> list[Any]:
    wide, tall = (1, 7), (7, 1)
    double = (("_1", width, 1), ("_2", width, tall), ("_3", width, wide), ("_4", width, tall), ("_5", 192, wide))
    return [
        _chain(x, f"{name}.branch", ("1x1", 192, 1)),
        _chain(x, f"{name}.branch7x7", ("_1", width, 1), ("_2", width, wide), ("_3", 192, tall)),
        _chain(x, f"{name}.branch7x7dbl", *double),
        _pooled(x, name, 192),
    ]


def _block_d(x: Any, name: str) -> list[Any]:
    three = _chain(x, f"{name}.branch3x3", ("_1", 192, 1))
    seven = _chain(x, f"{name}.branch7x7x3", ("_1", 192, 1), ("_2", 192, (1, 7)), ("_3", 192, (7, 1)))
    return [
        _unit(three, f"{name}.branch3x3_2", 320, 3, stride=2),
        _unit(seven, f"{name}.branch7x7x3_4", 192, 3, stride=2),
        layers.MaxPooling2D(3, strides=2, name=f"{name}.pool")(x),
    ]


def _block_e(x: Any, name: str) -> list[Any]:
    single = _chain(x, f"{name}.branch3x3", ("_1", 384, 1))
    double = _chain(x, f"{name}.branch3x3dbl", ("_1", 448, 1), ("_2", 384, 3))
    return [
        _chain(x, f"{name}.branch", ("1x1", 320, 1)),
        _chain(single, f"{name}.branch3x3", ("_2a", 384, (1, 3))),
        _chain(single, f"{name}.branch3x3", ("_2b", 384, (3, 1))),
        _chain(double, f"{name}.branch3x3dbl", ("_3a", 384, (1, 3))),
        _chain(double, f"{name}.branch3x3dbl", ("_3b", 384, (3, 1))),
        _pooled(x, name, 192),
    ]


_MIXED: tuple[tuple[str, Callable[..., list[Any]], *tuple[int, ...]], ...] = (
    ("Mixed_5b", _block_a, 32),
    ("Mixed_5c", _block_a, 64),
    ("Mixed_5d", _block_a, 64),
    ("Mixed_6a", _block_b),
    ("Mixed_6b", _block_c, 128),
    ("Mixed_6c", _block_c, 160),
    ("Mixed_6d", _block_c, 160),
    ("Mixed_6e", _block_c, 192),
    ("Mixed_7a", _block_d),
    ("Mixed_7b", _block_e),
    ("Mixed_7c", _block_e),
)
