"""The graphs of PyTorch: where the stride is and what the pooling counts (their features: weights/test_pytorch.py)."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from radtl_tf.models import torch_graphs


def test_the_stride_of_a_block_is_in_its_3_x_3_convolution() -> None:
    images = keras.Input((8, 8, 16))
    network = keras.Model(images, torch_graphs._bottleneck(images, "block", 4, stride=2))
    strides = {name: network.get_layer(f"block.{name}").strides for name in ("conv1", "conv2", "conv3", "downsample.0")}
    assert strides == {"conv1": (1, 1), "conv2": (2, 2), "conv3": (1, 1), "downsample.0": (2, 2)}
    assert network.output.shape == (None, 4, 4, 16)
    assert network.get_layer("block.conv2.pad").padding == ((1, 1), (1, 1))  # Keras' "same" pads below and right only
    assert {layer.epsilon for layer in network.layers if hasattr(layer, "epsilon")} == {1e-5}


def test_average_pooling_counts_the_zeros_of_the_border() -> None:
    images = keras.Input((4, 4, 1))
    network = keras.Model(images, torch_graphs._pooled(images, "mixed", 1))
    pooled = keras.Model(images, network.get_layer("mixed.pool").output)(np.ones((1, 4, 4, 1), np.float32))
    pooled = keras.ops.convert_to_numpy(pooled)[0, :, :, 0]
    assert (pooled[0, 0], pooled[0, 1], pooled[1, 1]) == pytest.approx((4 / 9, 6 / 9, 1))
