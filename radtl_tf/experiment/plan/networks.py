"""Build each backbone and read each weights file once per process: for the check, the training and what follows."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from radtl_tf.models.backbones import check_image_size, drawn_weights, network
from radtl_tf.models.cka import Stage, stages
from radtl_tf.models.weights.sources import RANDOM, WeightsRecord, read_values
from radtl_tf.models.weights.stored_tensors import StoredTensors

MOST_BYTES = 2**26  # of values that are kept in memory; others are read again

_Key = tuple[str, int | str, str]  # backbone, image size, precision


class Networks:
    """A backbone that was built and is still free, the stages of all, and the values of weights files.

    The backbones are graphs without values: cuts and folded copies are made of them, and get values of their own.
    """

    def __init__(self) -> None:
        """Start with nothing."""
        self._built: tuple[_Key, keras.Model] | None = None
        self._stages: dict[_Key, list[Stage]] = {}
        self._values: dict[tuple[str, str, str | None], Sequence[NDArray[np.float32]]] = {}

    def keep(self, base: keras.Model, backbone: str, image_size: int | str) -> None:
        """Keep a backbone for the next ``take``; one is kept at a time."""
        self._built = _key(backbone, image_size), base

    def take(self, backbone: str, image_size: int | str) -> keras.Model:
        """Return the graph of the backbone for images of this size; its weights hold nothing. Nobody else uses it.

        Raises:
            ExperimentError: as ``build_base``.
        """
        key, kept = _key(backbone, image_size), self._built
        self._built = None
        base = kept[1] if kept and kept[0] == key else _emptied(network(check_image_size(*key[:2]), image_size))
        self._stages.setdefault(key, [stage.without_output for stage in stages(base)])
        return base

    def stages(self, backbone: str, image_size: int | str) -> list[Stage]:
        """Return ``cka.stages`` of the backbone without the outputs."""
        key = _key(backbone, image_size)
        if key not in self._stages:
            self.keep(self.take(backbone, image_size), backbone, image_size)
        return self._stages[key]

    def weights(self, base: keras.Model, record: WeightsRecord, seed: int) -> Sequence[NDArray[np.float32]]:
        """Return the weights of ``record`` in the order of ``base.weights``; only random weights use ``seed``.

        Raises:
            WeightsError: as ``read_values``.
        """
        if record.source == RANDOM:
            return drawn_weights(base, seed)
        key = record.name, record.backbone, record.sha256
        if key in self._values:
            return self._values[key]
        values = read_values(base, record)
        if isinstance(values, StoredTensors) or self._bytes + _bytes(values) <= MOST_BYTES:
            self._values[key] = values
        return values

    @property
    def _bytes(self) -> int:
        """The memory of the values that are kept; stored tensors take none."""
        return sum(_bytes(values) for values in self._values.values() if not isinstance(values, StoredTensors))


def _bytes(values: Sequence[NDArray[np.float32]]) -> int:
    return sum(value.nbytes for value in values)


def _key(backbone: str, image_size: int | str) -> _Key:
    return backbone, image_size, keras.config.dtype_policy().name


def _emptied(base: keras.Model) -> keras.Model:
    """Free the memory of the weights of ``base``: they have no elements from now on."""
    for weight in base.weights:
        tf.raw_ops.AssignVariableOp(resource=weight.value.handle, value=tf.zeros(0, weight.dtype))
    return base
