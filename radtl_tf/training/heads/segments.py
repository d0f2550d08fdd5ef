"""Draw the batches of all heads: consecutive steps of one epoch, as arrays that a compiled loop works off.

The order and the dropout masks are the same functions of (seed, repeat, fold, epoch, step) as in ``training.run``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from radtl_tf.data.folds.draw import Fold
from radtl_tf.training.features.prefix_features import chunks
from radtl_tf.training.losses import example_weights
from radtl_tf.training.randomness import dropout_kept, epoch_order
from radtl_tf.training.run import RunData

MASK_BYTES = 2**26  # of the dropout masks of a segment


@dataclass(frozen=True)
class Segment:
    """Consecutive steps of one epoch on a rendering of the images: S steps with a batch of up to B images per fold.

    A shorter batch is filled with images of weight 0, and a fold without further batches has size 0. The weights in
    the loss are divided by the size, so that the loss is the sum over a batch.
    """

    epoch: int
    view: int | None
    ends_epoch: bool
    sizes: NDArray[np.int64]  # (S, F)
    positions: NDArray[np.int64]  # (S, F, B)
    weights: NDArray[np.float32]  # (S, F, B, 1 or K)
    kept: NDArray[np.bool_]  # (S, F, B, C): what dropout keeps


def draw_segments(data: RunData, folds: Sequence[Fold], num_features: int) -> Iterator[Segment]:
    """Yield the steps of all epochs in order; a segment has at most ``MASK_BYTES`` of masks, or one step."""
    settings = data.training
    weights = [example_weights(data.cases, fold.train, settings.class_weights) for fold in folds]  # (N, 1 or K) each
    width = min(settings.images_per_step, max(fold.images_per_epoch for fold in folds))
    steps = max(MASK_BYTES // (len(folds) * width * num_features), 1)
    number = max(-(-fold.images_per_epoch // settings.images_per_step) for fold in folds)
    for epoch in range(1, settings.epochs + 1):
        keys = [(data.seed, fold.repeat, fold.fold, epoch) for fold in folds]
        orders = [epoch_order(key, fold.train, fold.images_per_epoch) for key, fold in zip(keys, folds, strict=True)]
        batches = [list(chunks(order, settings.images_per_step)) for order in orders]
        view = (epoch - 1) % settings.num_views if settings.num_views else None
        for part in chunks(np.arange(number), steps):
            shape = len(part), len(folds), width
            yield Segment(
                epoch, view, part[-1] + 1 == number, *_filled(shape, part, batches, weights, keys, num_features)
            )


def _filled(
    shape: tuple[int, int, int],
    steps: NDArray[np.int64],
    batches: Sequence[Sequence[NDArray[np.int64]]],
    weights: Sequence[NDArray[np.float32]],
    keys: Sequence[tuple[int, ...]],
    num_features: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32], NDArray[np.bool_]]:
    """Return sizes, positions, weights and masks of the steps with these numbers in their epoch."""
    sizes, positions = np.zeros(shape[:2], np.int64), np.zeros(shape, np.int64)
    shares = np.zeros((*shape, weights[0].shape[1]), np.float32)
    kept = np.zeros((*shape, num_features), np.bool_)
    for place, step in enumerate(steps):
        for fold, (own, key) in enumerate(zip(batches, keys, strict=True)):
            if step < len(own):
                chosen, size = own[step], len(own[step])
                part = place, fold, slice(size)
                sizes[place, fold], positions[part] = size, chosen
                shares[part] = weights[fold][chosen] / np.float32(size)
                kept[part] = dropout_kept((*key, int(step)), (size, num_features))
    return sizes, positions, shares, kept
