"""Random numbers as functions of their purpose and position.

Initialization, order and dropout masks are drawn from a generator with the key (seed, repeat, fold, epoch, step) and a
purpose. No generator keeps state between uses, so the numbers are the same for any order, process or batch of runs, and
for all weights.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Purpose = Literal["backbone", "head", "order", "dropout", "depth"]
_PURPOSES: tuple[Purpose, ...] = ("backbone", "head", "order", "dropout", "depth")  # their places are part of the key
DROPOUT = 0.5  # the published head (Mei et al. 2022)
KERNEL_SCALE = {"raw": 1.0, "standardized": 0.1}


def generator(purpose: Purpose, *key: int) -> np.random.Generator:
    """Return a counter-based generator for this purpose and key (non-negative integers)."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence((_PURPOSES.index(purpose), *key))))


def seed_of(purpose: Purpose, *key: int) -> int:
    """Return one seed below 2**31 for a library that needs a number."""
    return int(generator(purpose, *key).integers(2**31))


def backbone_seed(seed: int, repeat: int) -> int:
    """Return the seed of random weights, which differs per repeat and is the same for all tunings."""
    return seed_of("backbone", seed, repeat)


def head_kernel(key: tuple[int, ...], num_features: int, num_classes: int, head_input: str) -> NDArray[np.float32]:
    """Return a random kernel (num_features, num_classes): Glorot-uniform, Keras' default for a dense layer, scaled.

    The published head (``raw``) uses it without scaling. With standardized features it is scaled to a tenth: see
    docs/decisions/0004-head.md.
    """
    limit = KERNEL_SCALE[head_input] * np.sqrt(6.0 / (num_features + num_classes))
    return generator("head", *key).uniform(-limit, limit, (num_features, num_classes)).astype(np.float32)


def epoch_order(key: tuple[int, ...], positions: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    """Return ``length`` training positions in the order of one epoch; ``key`` is (seed, repeat, fold, epoch).

    All positions are shown before one is shown again.
    """
    draw = generator("order", *key)
    passes = [draw.permutation(positions) for _ in range(-(-length // len(positions)))]
    return np.concatenate(passes)[:length]


def dropout_kept(key: tuple[int, ...], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return what dropout keeps (batch, features); ``key`` is (seed, repeat, fold, epoch, step).

    It is ``random(shape, dtype=np.float32) >= DROPOUT`` of the same generator, which uses the upper 24 bits of each of
    these integers; comparing the integers is twice as fast.
    """
    return generator("dropout", *key).integers(2**32, size=shape, dtype=np.uint32) >= np.uint32(2**32 * DROPOUT)


def dropout_mask(key: tuple[int, ...], shape: tuple[int, int]) -> NDArray[np.float32]:
    """Return a mask (batch, features) of 0 and 1 / (1 - rate); ``key`` as in ``dropout_kept``."""
    return dropout_kept(key, shape).astype(np.float32) / np.float32(1 - DROPOUT)


def depth_masks(key: tuple[int, ...], number: int, rates: tuple[float, ...]) -> NDArray[np.float32]:
    """Return masks (number, layers) of 0 and 1 / (1 - rate), for layers of stochastic depth with these ``rates``.

    ``key`` is (seed, repeat, fold, epoch, step), or (seed, epoch, step) in pre-training.
    """
    dropped = np.array(rates, np.float32)
    kept = generator("depth", *key).random((number, len(rates)), dtype=np.float32) >= dropped
    return kept.astype(np.float32) / (1 - dropped)
