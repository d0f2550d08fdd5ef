"""Take trial steps on the device: their time, whether they fit into memory, and the advice if they do not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import tensorflow as tf

from radtl_tf.errors import ExperimentError
from radtl_tf.training.trainer import Trainer, copies

BATCH_SIZES = (32, 16, 8, 4, 2, 1)  # tried in this order for batch_size = "auto"; 32 is the published size
_OTHER = "if runs are already finished, also choose another output folder, since this is another experiment"
SMALLER_IMAGES = f"in a pass over the images, for any batch size: set a smaller training.image_size; {_OTHER}"
WITHOUT_GPU = "after the training: run it again with CUDA_VISIBLE_DEVICES=-1 to do the rest on the CPU"


def trial_step(trainer: Trainer, num_images: int) -> None:
    """Take a training step on ``num_images`` blank images; the learning rate is 0."""
    cuts = [np.zeros((num_images, *tensor.shape[1:]), np.float32) for tensor in trainer.suffix.inputs]
    num_features, num_classes = trainer.head.kernel.shape
    ones = np.ones(num_features, np.float32)
    kernel = np.zeros((num_features, num_classes), np.float32)
    trainer.reset(copies(trainer.suffix.weights), kernel, [0 * ones, ones], learning_rate=0.0)
    targets = np.eye(num_classes, dtype=np.float32)[np.zeros(num_images, int)]
    weights = np.ones((num_images, trainer.num_weights), np.float32)
    mask = np.ones((num_images, num_features), np.float32)
    float(trainer.step(cuts, targets, weights, mask))


@contextmanager
def one_line_when_full(advice: str) -> Iterator[None]:
    """Turn TensorFlow's error of exhausted memory into one line: when it happened and what to do.

    Raises:
        ExperimentError: the device ran out of memory in this block.
    """
    try:
        yield
    except tf.errors.ResourceExhaustedError as error:
        raise ExperimentError(f"The device ran out of memory {advice}.") from error


def smaller_batch(size: int) -> str:
    """Return the advice if a training step with ``size`` images does not fit."""
    smaller = next((number for number in BATCH_SIZES if number < size), None)
    wanted = f"training.batch_size = {smaller}, or 'auto'" if smaller else "a smaller training.image_size"
    return f"with {size} images per step: set {wanted}; {_OTHER}"


def largest_batch(fits: Callable[[int], object]) -> int:
    """Return the largest of ``BATCH_SIZES`` for which the trial step ``fits(size)`` does not exhaust the memory.

    Raises:
        ExperimentError: not even one image fits.
    """
    for size in BATCH_SIZES:
        try:
            fits(size)
        except tf.errors.ResourceExhaustedError:
            continue
        return size
    raise ExperimentError("Not even one image fits into the device's memory: set a smaller training.image_size.")
