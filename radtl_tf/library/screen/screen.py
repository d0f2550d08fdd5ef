"""The public function ``radtl_tf.screen``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING

from radtl_tf.library.data.dataset import Dataset
from radtl_tf.records.experiment import Task

# TensorFlow takes seconds to load, so it is loaded when the function is called.
if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from radtl_tf.library.screen.candidates import File, Weights
    from radtl_tf.library.screen.result import Screen


def screen(
    data: Dataset,
    weights: Sequence[Weights],
    backbones: Sequence[str] = ("ResNet50",),
    pixels: str | None = None,
    features: Mapping[str, ArrayLike | File] | None = None,
    image_size: int | str = 224,
    resize: str = "pad",
    k: int = 20,
    seed: int = 726,
) -> Screen:
    """Rank candidates (backbones with weights) by scores of their features, without training and without a test.

    Two scores are taken on all images: LogME, and the AUROC (regression: MAE) of the nearest neighbors among the images
    of other patients. They rank candidates and prove nothing: all labels are used, and there is no interval and no p.
    Features are computed once, in the cache of the experiments (``RADTL_CACHE``); a second call takes seconds.

    Args:
        data: the images, with their labels and patients.
        weights: names (``imagenet``, ``radimagenet``, ``random``), ``.h5`` files and Hugging Face folders. A name is a
            candidate with each of ``backbones`` that it has a file for. A folder says its backbone, and so do files
            that ``radtl`` made; name it for other files, ``("ResNet50", "mine.h5")``.
        backbones: names of networks, as for ``radtl_tf.backbone``.
        pixels: the pixel convention of files and folders that do not say it.
        features: embeddings that another program computed: a mapping from a name of your choice to an array (N, C), or
            to a file as for ``read_embeddings``.
        image_size: side of the network's images in pixels, or height x width such as ``"256x512"``.
        resize: ``pad``, ``stretch`` or ``published``.
        k: number of neighbors.
        seed: seed of the experiment; only used for random weights.

    Raises:
        DataError: an image is missing or cannot be decoded, or ``features`` do not fit.
        ExperimentError: an argument is unknown or out of range, or there are fewer than two candidates.
        WeightsError: weights are missing or not what they claim to be.
        OutputError: the cache cannot be written.

    Example:
        >>> import radtl_tf as radtl
        >>> data = radtl.Dataset.from_csv("labels.csv", positive="present", patient="patient_id", unit="image")
        >>> found = radtl.screen(data, ["mine.h5", "random"], backbones=["MobileNet"], pixels="tf", image_size=32)
        >>> sorted(found.frame()["weights"])
        ['mine', 'random']
    """
    from radtl_tf.library.screen.ranked import Settings, ranked

    settings = Settings(image_size=image_size, resize=resize, k=k, seed=seed)
    return ranked(data, weights, backbones, pixels, features or {}, settings)


def dataset_of(task: Task) -> Dataset:
    """Return the images of a task that names a manifest.

    Raises:
        DataError, ExperimentError, OutputError: as ``Dataset.from_csv``.
    """
    columns = {field.name: getattr(task, field.name) for field in fields(task) if field.name != "dataset"}
    return Dataset.from_csv(columns.pop("manifest"), **columns)
