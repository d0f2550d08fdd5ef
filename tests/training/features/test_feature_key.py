from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from radtl_tf.models.weights.sources import WeightsRecord
from radtl_tf.records.experiment import Training
from radtl_tf.training.device import Device
from radtl_tf.training.features.feature_key import feature_key, images_hash

RECORD = WeightsRecord("random", "ResNet50", "random", None, "caffe", "caffe", None)
DEVICE = Device("float32", (), 2, onednn=True, cpu="a CPU")


def test_everything_that_moves_a_number_is_in_it() -> None:
    training = Training()
    key = feature_key(RECORD, 1, "images", training, DEVICE)
    others = [
        feature_key(RECORD, 2, "images", training, DEVICE),
        feature_key(dataclasses.replace(RECORD, backbone="MobileNet"), 1, "images", training, DEVICE),
        feature_key(RECORD, 1, "others", training, DEVICE),
        feature_key(RECORD, 1, "images", dataclasses.replace(training, image_size=64), DEVICE),
        feature_key(RECORD, 1, "images", dataclasses.replace(training, resize="stretch"), DEVICE),
        feature_key(RECORD, 1, "images", training, dataclasses.replace(DEVICE, precision="mixed_bfloat16")),
        feature_key(RECORD, 1, "images", training, dataclasses.replace(DEVICE, onednn=False)),
    ]
    assert all(other != key for other in others)


def test_features_with_batch_norms_of_their_own_are_not_found() -> None:
    key = feature_key(RECORD, 1, "images", Training(), DEVICE)
    assert key["batch_norms"] == "folded"  # earlier versions had no such value, and other last digits


def test_the_sum_of_a_file_stands_for_its_weights() -> None:
    record = dataclasses.replace(RECORD, source="file", sha256="ab")
    first, second = (feature_key(record, seed, "images", Training(), DEVICE) for seed in (1, 2))
    assert first == second and first["weights"] == "ab"


def test_threads_count_only_where_equal_bytes_are_promised() -> None:
    other = dataclasses.replace(DEVICE, threads=8)
    for determinism, same in (("seeded", True), ("strict", False)):
        training = Training(determinism=determinism)  # type: ignore[arg-type]
        keys = [feature_key(RECORD, 1, "images", training, device) for device in (DEVICE, other)]
        assert (keys[0] == keys[1]) is same


def test_the_order_of_the_images_counts(reading: Callable[..., Any]) -> None:
    first, second = reading(pixels_hash="a"), reading(pixels_hash="b")
    assert images_hash([first, second]) != images_hash([second, first])
