from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from numpy.typing import NDArray
from PIL import Image

from radtl_tf.data.preprocessing.resizing import RESIZES, preprocess, resize, to_unit

BothWays = Callable[..., NDArray[Any]]
RANDOM = np.random.default_rng(3)
SIZE = 32
SIZES = [(50, 70), (70, 50), (31, 31), (200, 3), (1, 90), (20, 17), (32, 32)]


def _image(height: int, width: int) -> NDArray[np.float32]:
    return RANDOM.random((height, width, 1), dtype=np.float32)


def test_the_whole_range_becomes_zero_to_one(both_ways: BothWays) -> None:
    values = np.array([[0, 1], [257, 65535]], np.uint16)
    unit = both_ways(to_unit, values[..., None])
    assert unit.dtype == np.float32
    np.testing.assert_allclose(unit[..., 0], values / 65535, rtol=1e-7)
    np.testing.assert_array_equal(to_unit(values), unit)
    assert to_unit(values[None, ..., None]).shape == (1, 2, 2, 1)


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_stretch_is_tensorflows_antialiased_resize(both_ways: BothWays, height: int, width: int) -> None:
    image = _image(height, width)
    resized = both_ways(lambda x: resize(x, SIZE, "stretch"), image)
    np.testing.assert_allclose(resized, tf.image.resize(image, (SIZE, SIZE), antialias=True), atol=2e-6)


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_pad_keeps_the_aspect_and_centers_on_black(both_ways: BothWays, height: int, width: int) -> None:
    image = _image(height, width) + 0.1
    resized = both_ways(lambda x: resize(x, SIZE, "pad"), image)
    scale = SIZE / max(height, width)
    rows, columns = (max(int(np.floor(length * scale + 0.5)), 1) for length in (height, width))
    top, left = (SIZE - rows) // 2, (SIZE - columns) // 2
    inner = resized[top : top + rows, left : left + columns]
    np.testing.assert_allclose(inner, tf.image.resize(image, (rows, columns), antialias=True), atol=2e-6)
    assert np.count_nonzero(resized) == rows * columns


@pytest.mark.parametrize(
    ("height", "width", "rows", "columns"), [(50, 100, 32, 64), (100, 50, 32, 16), (90, 100, 32, 36)]
)
def test_pad_fills_the_height_or_the_width_of_a_rectangle(height: int, width: int, rows: int, columns: int) -> None:
    image = _image(height, width) + 0.1
    resized = resize(image, "32x64", "pad").numpy()
    left = (64 - columns) // 2
    inner = tf.image.resize(image, (rows, columns), antialias=True)
    assert resized.shape == (32, 64, 1)
    np.testing.assert_allclose(resized[:, left : left + columns], inner, atol=2e-6)
    assert np.count_nonzero(resized) == rows * columns


@pytest.mark.parametrize("policy", RESIZES)
def test_a_square_has_two_spellings(policy: str) -> None:
    image = _image(50, 70)
    np.testing.assert_array_equal(resize(image, SIZE, policy), resize(image, f"{SIZE}x{SIZE}", policy))


@pytest.mark.parametrize(("height", "width"), [*SIZES, (1024, 1000), (299, 512)])
def test_published_is_the_nearest_pixel_of_pillow(both_ways: BothWays, height: int, width: int) -> None:
    image = _image(height, width)
    resized = both_ways(lambda x: resize(x, 224, "published"), image)
    nearest = np.asarray(Image.fromarray(image[..., 0]).resize((224, 224), Image.Resampling.NEAREST))
    # Pillow adds up a step in floating point, so where a center falls on the border of two pixels it may take either.
    rows = (np.arange(224) * 2 + 1) * height % 448 != 0
    columns = (np.arange(224) * 2 + 1) * width % 448 != 0
    np.testing.assert_array_equal(resized[rows][:, columns, 0], nearest[rows][:, columns])


@pytest.mark.parametrize("policy", RESIZES)
def test_a_batch_is_resized_as_its_images_are(policy: str) -> None:
    batch = RANDOM.random((3, 40, 25, 1), dtype=np.float32)
    together = resize(batch, SIZE, policy)
    assert together.shape == (3, SIZE, SIZE, 1)
    np.testing.assert_allclose(together, [resize(image, SIZE, policy) for image in batch], atol=1e-6)


@pytest.mark.parametrize("policy", RESIZES)
def test_an_even_image_stays_even(policy: str) -> None:
    np.testing.assert_allclose(resize(np.full((77, 77, 1), 0.3, np.float32), SIZE, policy), 0.3, atol=1e-6)


@pytest.mark.parametrize("policy", RESIZES)
def test_preprocessing_survives_a_saved_model(policy: str, tmp_path: Path) -> None:
    class Model(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((None, None, 1), tf.uint16)])
        def __call__(self, image: tf.Tensor) -> tf.Tensor:
            return preprocess(image, SIZE, policy)

    tf.saved_model.save(Model(), str(tmp_path / "model"))
    loaded = tf.saved_model.load(str(tmp_path / "model"))
    for height, width in SIZES:
        image = RANDOM.integers(0, 65536, (height, width, 1), dtype=np.uint16)
        result = loaded(image)
        assert result.shape == (SIZE, SIZE, 1)
        np.testing.assert_allclose(result, preprocess(image, SIZE, policy), atol=1e-6)
