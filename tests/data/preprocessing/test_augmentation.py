from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from keras.src.legacy.preprocessing.image import ImageDataGenerator
from numpy.typing import NDArray

from radtl_tf.data.preprocessing.augmentation import AUGMENTATIONS, augment
from radtl_tf.data.preprocessing.hashed_draws import hashed_draws

BothWays = Callable[..., NDArray[Any]]
RANDOM = np.random.default_rng(3)
SIZE = 32


def _image(height: int, width: int) -> NDArray[np.float32]:
    return RANDOM.random((height, width, 1), dtype=np.float32)


def _parameters(seed: int, epoch: int, example: int, size: int) -> dict[str, Any]:
    """Return the drawn numbers under ImageDataGenerator's names."""
    draw = hashed_draws(tf.constant([example], tf.int64), epoch, seed, number=7).numpy().astype(float)
    turn, shear, right, down, zoom_x, zoom_y, coin = draw[0]
    return {
        "theta": turn * 10,
        "shear": shear * 0.1,
        "tx": right * 0.1 * size,
        "ty": down * 0.1 * size,
        "zx": 1 + zoom_x * 0.1,
        "zy": 1 + zoom_y * 0.1,
        "flip_horizontal": coin < 0,
    }


def test_published_augmentation_is_that_of_keras(both_ways: BothWays) -> None:
    image = tf.image.resize(RANDOM.random((9, 9, 1), dtype=np.float32), (SIZE, SIZE)).numpy()
    generator = ImageDataGenerator(fill_mode="nearest")
    flipped = set()
    for example in range(8):
        parameters = _parameters(5, 2, example, SIZE)
        expected = generator.apply_transform(image, parameters)
        moved = both_ways(lambda x, example=example: augment(x, "published", 5, 2, example), image, 1e-5)
        np.testing.assert_allclose(moved, expected, atol=2e-4)
        flipped.add(bool(parameters["flip_horizontal"]))
    assert flipped == {True, False}


def test_laterality_safe_is_the_same_without_the_flip(both_ways: BothWays) -> None:
    image = tf.image.resize(RANDOM.random((9, 9, 1), dtype=np.float32), (SIZE, SIZE)).numpy()
    generator = ImageDataGenerator(fill_mode="nearest")
    for example in range(8):
        expected = generator.apply_transform(image, _parameters(5, 2, example, SIZE) | {"flip_horizontal": False})
        moved = both_ways(lambda x, example=example: augment(x, "laterality-safe", 5, 2, example), image, 1e-5)
        np.testing.assert_allclose(moved, expected, atol=2e-4)


@pytest.mark.parametrize("policy", AUGMENTATIONS)
def test_a_view_depends_on_seed_epoch_and_example_alone(policy: str) -> None:
    image = _image(SIZE, SIZE)
    views = {key: augment(image, policy, *key).numpy() for key in ((1, 2, 3), (0, 2, 3), (1, 0, 3), (1, 2, 0))}
    np.testing.assert_array_equal(views[1, 2, 3], augment(image, policy, 1, 2, 3))
    differ = [not np.array_equal(views[1, 2, 3], view) for key, view in views.items() if key != (1, 2, 3)]
    assert differ == [policy != "none"] * 3


@pytest.mark.parametrize("policy", AUGMENTATIONS)
def test_a_batch_is_augmented_as_its_images_are(policy: str, both_ways: BothWays) -> None:
    batch = RANDOM.random((4, SIZE, SIZE, 1), dtype=np.float32)
    examples = np.array([7, 0, 2**40, 3])
    together = both_ways(lambda x: augment(x, policy, 1, 2, examples), batch, 1e-5)
    alone = [augment(image, policy, 1, 2, example) for image, example in zip(batch, examples, strict=True)]
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_augmentation_takes_tensors_of_unknown_size_in_a_graph() -> None:
    batch = RANDOM.random((4, SIZE, SIZE, 1), dtype=np.float32)

    @tf.function(
        input_signature=[
            tf.TensorSpec((None, None, None, 1)),
            tf.TensorSpec((), tf.int64),
            tf.TensorSpec((None,), tf.int64),
        ]
    )
    def view(images: tf.Tensor, epoch: tf.Tensor, examples: tf.Tensor) -> tf.Tensor:
        return augment(images, "published", 1, epoch, examples)

    expected = augment(batch, "published", 1, 2, np.arange(4))
    np.testing.assert_allclose(view(batch, 2, np.arange(4)), expected, atol=1e-5)
