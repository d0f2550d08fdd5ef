from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest

from radtl_tf.errors import ExperimentError
from radtl_tf.library.data.dataset import Dataset
from radtl_tf.models.pixels import convention, to_network


def joined(batches: Any) -> tuple[np.ndarray, np.ndarray]:
    images, labels = zip(*batches.as_numpy_iterator(), strict=True)
    return np.concatenate(images), np.concatenate(labels)


def test_grey_is_what_an_experiment_decodes(data: Dataset) -> None:
    batches = data.to_tf(size=32, batch_size=25)
    images, labels = joined(batches)
    assert len(batches) == 3
    assert batches.element_spec[0].shape.as_list() == [None, 32, 32, 1]
    assert np.array_equal(images, data.images.grey(32, "pad")) and images.dtype == np.float32
    assert np.array_equal(labels, data.y) and labels.dtype == np.int64


def test_a_convention_gives_three_channels(data: Dataset) -> None:
    images, _ = joined(data.subset([7, 3]).to_tf(size=32, pixels="caffe"))
    expected = to_network(data.images.grey(32, "pad")[[7, 3]], convention("caffe"))
    np.testing.assert_allclose(images, keras.ops.convert_to_numpy(expected), rtol=0, atol=1e-5)


def test_each_pass_has_its_own_order_drawn_from_the_seed(data: Dataset) -> None:
    def passes(seed: int) -> list[list[int]]:
        batches = data.subset(range(20)).to_tf(size=32, shuffle=True, seed=seed, batch_size=8)
        return [joined(batches)[0].sum(axis=(1, 2, 3)).tolist() for _ in range(2)]

    first, second = passes(1)
    assert first != second and sorted(first) == sorted(second)
    assert passes(1) == [first, second]
    assert passes(2)[0] != first


def test_augmentation_is_another_in_each_pass(data: Dataset) -> None:
    batches = data.subset([0, 1]).to_tf(size=32, augmentation="laterality-safe")
    first, second = (joined(batches)[0] for _ in range(2))
    assert not np.array_equal(first, second)
    assert not np.array_equal(first, data.images.grey(32, "pad")[:2])


def test_keras_fits_on_it(data: Dataset) -> None:
    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(1, "sigmoid")])
    model.compile("adam", "binary_crossentropy")
    history = model.fit(data.to_tf(size=32, shuffle=True), epochs=2, verbose=0)
    assert np.isfinite(history.history["loss"]).all()


@pytest.mark.parametrize(
    "changes",
    [
        {"size": 0},
        {"size": "big"},
        {"batch_size": 0},
        {"batch_size": "auto"},
        {"pixels": "gray"},
        {"resize": "crop"},
        {"augmentation": "all"},
    ],
)
def test_wrong_arguments_are_refused(data: Dataset, changes: dict[str, Any]) -> None:
    with pytest.raises(ExperimentError):
        data.to_tf(**changes)
