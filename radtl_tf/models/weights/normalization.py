"""The layer of a weights file that normalizes pixels: the backbone has none, because the pixel convention does it."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from radtl_tf.models.weights.schema import FileLayer, Schema, refusal, shown

MEAN, SD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet: red, green, blue in 0..1
TENSORS = ("mean", "variance")
SHAPE = (3,)


def normalization(schema: Schema, found: Sequence[FileLayer]) -> FileLayer | None:
    """Return the layer of a file that normalizes pixels, if files of the backbone have one."""
    pattern = re.compile(r"normalization(_\d+)?")
    return next((layer for layer in found if schema.normalizes and pattern.fullmatch(layer.name)), None)


def tensor_paths(layer: FileLayer) -> list[str]:
    """Return the paths of its ``TENSORS``, which have no names in the layout of Keras 3.

    Raises:
        WeightsError: one of them is missing.
    """
    named = {name.rpartition("/")[2].removesuffix(":0"): path for name, path in layer.tensors}
    by_place = dict(zip(TENSORS, (path for name, path in layer.tensors if not name), strict=False))
    missing = [name for name in TENSORS if name not in named | by_place]
    if missing:
        raise refusal("missing", f"layer {shown(layer.name)} lacks {', '.join(missing)}.")
    return [(named | by_place)[name] for name in TENSORS]


def remarks(layer: FileLayer, mean: NDArray[np.float32], variance: NDArray[np.float32]) -> tuple[str, ...]:
    """Return a warning about a normalization that does nothing, or nothing about one with ImageNet's numbers.

    Keras' file of EfficientNetB0 has SDs in the place of variances; a further layer, which is not in the file, makes
    up for it (keras-team/keras, tensorflow issue 49930).

    Raises:
        WeightsError: no pixel convention has these numbers.
    """
    if np.allclose(mean, MEAN, atol=1e-3) and any(np.allclose(variance, np.power(SD, n), atol=1e-3) for n in (1, 2)):
        return ()
    if not mean.any() and (variance == 1).all():
        return ("Its normalization does not change pixels, so its pixel convention is probably zero_one.",)
    raise refusal("pixels", f"layer {shown(layer.name)} has a mean and a variance that no pixel convention has.")
