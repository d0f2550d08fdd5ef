"""The cache keys of a backbone's features and of decoded images: all values that determine them."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from radtl_tf.data.decoding.reading import Reading
from radtl_tf.models.weights.sources import WeightsRecord
from radtl_tf.records.experiment import Training
from radtl_tf.training.device import Device
from radtl_tf.training.features.array_cache import digest_of


def images_hash(readings: Iterable[Reading]) -> str:
    """Return a hash of the pixels of every image, in order."""
    return digest_of({"images": [reading.pixels_hash for reading in readings]})


def feature_key(record: WeightsRecord, seed: int, images: str, training: Training, device: Device) -> dict[str, Any]:
    """Return the JSON values that determine the features, except the pixel convention and the view.

    ``seed`` is used for random weights only; ``images`` is the ``images_hash`` of the images.
    """
    return {
        "backbone": record.backbone,
        "weights": record.sha256 or f"{record.source}-{seed}",
        "size": training.image_size,
        "resize": training.resize,
        "images": images,
        "precision": device.precision,
        "batch_norms": "folded",  # features of earlier versions, which did not fold them, differ in the last digits
        "device": [*device.gpus, "oneDNN" * device.onednn],
        "versions": _versions(),
        **_to_the_last_bit(training, device),
    }


def pixels_key(images: str, size: int | str, training: Training, device: Device) -> dict[str, Any]:
    """Return the JSON values that determine the decoded images at one size; ``images`` as in ``feature_key``."""
    return {
        "decoded": images,
        "size": size,
        "resize": training.resize,
        "versions": _versions(),
        **_to_the_last_bit(training, device),
    }


def _versions() -> dict[str, str]:
    return {name: version(name) for name in ("tensorflow", "keras")}


def _to_the_last_bit(training: Training, device: Device) -> dict[str, Any]:
    """Return further values that determine features byte for byte: the kernels, and the number of threads in sums."""
    if training.determinism != "strict":
        return {}
    return {"determinism": "strict", "threads": device.threads, "cpu": device.cpu}
