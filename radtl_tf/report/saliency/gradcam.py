"""Grad-CAM (Selvaraju et al. 2017, section 3) of a backbone with a head, by TensorFlow's gradients."""

from __future__ import annotations

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from scipy.special import expit

from radtl_tf.models.gradcam import Array, after_average, class_map, opened
from radtl_tf.models.head import Head


class GradCam:
    """Maps of the last feature map of ``base``, for the positive class of a ``head`` with two outputs, traced once.

    Every call reads both, so other weights may be assigned to them. Everything after the feature map is float32,
    whatever the precision of the backbone: gradients of features are too small for half precision.
    """

    def __init__(self, base: keras.Model, head: Head) -> None:
        self._opened, self._head = opened(base), head
        self._pool = [keras.layers.GlobalAveragePooling2D(dtype="float32"), *after_average(base)]
        signature = tf.TensorSpec((None, *base.input_shape[1:]), tf.float32)
        self._pass = tf.function(self._gradients, input_signature=(signature,), autograph=False)

    def __call__(self, images: tf.Tensor) -> tuple[Array, NDArray[np.float64]]:
        """Return maps (B, h, w), 0 and above, and P(positive) (B,) of images (B, H, W, 3) as the network sees them.

        The maps explain the logit of the positive class minus the logit of the negative one: the softmax of two classes
        depends only on this difference, and the gradient of a probability near 0 or 1 would vanish.
        """
        activations, gradients, evidence = (tensor.numpy() for tensor in self._pass(images))
        return class_map(activations, gradients), expit(evidence.astype(np.float64))

    def _gradients(self, images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        activations = tf.cast(self._opened(images, training=False), tf.float32)  # (B, h, w, C)
        with tf.GradientTape() as tape:
            tape.watch(activations)
            features = activations
            for layer in self._pool:
                features = layer(features)
            logits = self._head(features)  # (B, 2)
            evidence = logits[:, 1] - logits[:, 0]
        return activations, tape.gradient(evidence, activations), evidence
