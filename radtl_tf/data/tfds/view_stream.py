"""Stream the unlabeled films of a built data set as two random views each."""

from __future__ import annotations

from dataclasses import dataclass

import tensorflow as tf

from radtl_tf.data.preprocessing.views import view
from radtl_tf.data.tfds.stream import Batch, Stream


@dataclass(frozen=True, kw_only=True)
class ViewStream(Stream):
    """Batches of (first view, second view, examples) instead of images and targets; ``flip`` as in ``view``.

    The targets of plain batches mean nothing.
    """

    flip: bool = False

    @property
    def _is_changed(self) -> bool:
        return True

    def _augmented(self, epoch: int, images: tf.Tensor, targets: tf.Tensor, examples: tf.Tensor) -> Batch:
        first, second = (view(images, which, self.seed, epoch, examples, flip=self.flip) for which in (0, 1))
        return first, second, examples
