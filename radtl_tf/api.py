"""The library's face: what ``import radtl_tf`` offers. Each name is listed in ``radtl_tf.__all__``.

Wrong input raises ``radtl_tf.errors.RadtlError`` or one of its kinds, with one line that says what to do.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from radtl_tf.library.dataset import Dataset as Dataset
from radtl_tf.library.patient_folds import PatientFolds as PatientFolds

# Keras and TensorFlow take seconds to load: each function loads them when it is called.
if TYPE_CHECKING:
    import keras
    import numpy as np
    from numpy.typing import NDArray

SEED = 726  # the default seed of an experiment
PathLike = os.PathLike[str]


def backbone(
    name: str,
    weights: str | PathLike | None = None,
    pixels: str | None = None,
    size: int = 224,
    seed: int = SEED,
) -> keras.Model:
    """Return a convolutional network with verified weights as a plain functional Keras model.

    The file is checked as an experiment checks it: complete, finite, of this backbone, and safe to read.

    Args:
        name: ``ResNet50``, ``DenseNet121``, ``InceptionV3``, ``InceptionResNetV2``, ``MobileNet`` or ``MobileNetV2``.
        weights: ``imagenet``, ``radimagenet``, the path of an ``.h5`` file, or ``random``, which is also ``None``.
        pixels: the convention in which the weights saw images. A file needs it, unless ``radtl pretrain`` wrote it;
            the attribute ``pixels`` of the model names it, for ``preprocess``.
        size: side of the images in pixels.
        seed: of random weights.

    Returns:
        A model from (B, size, size, 3), float32 in the pixel convention, to pooled features (B, C).

    Raises:
        ExperimentError: an unknown name or convention, a file without ``pixels``, or a size that is too small.
        WeightsError: the file is missing or not what it claims to be, or Keras could not download it.

    Example:
        >>> import radtl_tf as radtl
        >>> base = radtl.backbone("MobileNet", weights="random", size=32)
        >>> base.output_shape, base.pixels
        ((None, 1024), 'tf')
    """
    from radtl_tf.library.networks import verified_backbone

    return verified_backbone(name, weights, pixels, size, seed)


def preprocess(pixels: str, size: int = 224, resize: str = "pad") -> keras.Sequential:
    """Return stock Keras layers from grey images to what a network is shown; a saved model needs no other.

    Args:
        pixels: the convention of the weights: ``caffe``, ``torch``, ``tf``, ``zero_one`` or ``radimagenet``.
        size: side of the network's images in pixels.
        resize: ``pad`` keeps the aspect ratio and fills with black, ``stretch`` does not; ``published`` takes the
            nearest pixel.

    Returns:
        A model from (B, H, W, 1) or (B, H, W, 3), grey float32 in 0..1, to (B, size, size, 3). Images of this size
        already keep their values. ``stretch`` and ``published`` are those of an experiment to 1e-5. With ``pad``, Keras
        pads before it resizes and an experiment resizes before it pads: on radiographs that are not square the mean
        difference stays below 0.03 of the grey range, and the edge of the film differs by more.

    Raises:
        ExperimentError: an unknown convention or resize, or no positive size.

    Example:
        >>> import numpy as np
        >>> import radtl_tf as radtl
        >>> layers = radtl.preprocess("caffe", size=32)
        >>> layers(np.ones((2, 48, 40, 1), "float32")).shape
        TensorShape([2, 32, 32, 3])
    """
    from radtl_tf.models.preprocessing_layers import preprocessing_layers

    return preprocessing_layers(pixels, size, resize)


def embeddings(
    data: Dataset,
    backbone: str = "ResNet50",
    weights: str | PathLike | None = "radimagenet",
    pixels: str | None = None,
    size: int = 224,
    resize: str = "pad",
    seed: int = SEED,
) -> NDArray[np.float32]:
    """Return the pooled features of a frozen backbone, (N, C) float32, a row per image in the order of ``data``.

    They are the numbers that a frozen run of an experiment with the same setting uses, bit by bit, and both keep them
    in one cache (``RADTL_CACHE``): whichever comes second computes nothing.

    Args:
        data: the images.
        backbone: name of the network, as for ``radtl_tf.backbone``.
        weights: name or file, as for ``radtl_tf.backbone``.
        pixels: another convention than that of the weights; a file needs it.
        size: side of the images in pixels.
        resize: ``pad``, ``stretch`` or ``published``.
        seed: of the experiment, which counts for random weights only.

    Raises:
        DataError: an image is missing or cannot be decoded.
        ExperimentError: an argument is not known or out of range.
        WeightsError: the weights are missing or not what they claim to be.
        OutputError: the cache cannot be written.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> import radtl_tf as radtl
        >>> from radtl_tf.data.phantoms.write import write_phantoms
        >>> folder = Path(tempfile.mkdtemp())
        >>> table = write_phantoms(folder, kind="skull", num_patients=4, seed=1, height=64)
        >>> data = radtl.Dataset.from_csv(table, positive="male", patient="patient_id", unit="image")
        >>> features = radtl.embeddings(data, "MobileNet", weights="random", size=32)
        >>> features.shape == (len(data), 1024)
        True
    """
    from radtl_tf.library.embeddings import pooled_features

    return pooled_features(data, backbone, weights, pixels, size, resize, seed)
