from __future__ import annotations

import keras
import numpy as np
import pytest

from radtl_tf.errors import DataError, ExperimentError
from radtl_tf.models.pixels import CONVENTIONS, DISTINCT, check_first_batch, convention, normalized_name, to_network

GREY = np.linspace(0, 1, 64, dtype=np.float32).reshape(1, 8, 8, 1)


def images(name: str) -> np.ndarray:
    return keras.ops.convert_to_numpy(to_network(GREY, convention(name)))


@pytest.mark.parametrize("name", ["caffe", "torch", "tf"])
def test_conventions_are_those_of_keras(name: str) -> None:
    rgb = np.repeat(GREY * 255, 3, axis=-1)
    expected = keras.applications.imagenet_utils.preprocess_input(rgb.copy(), data_format="channels_last", mode=name)
    np.testing.assert_allclose(images(name), expected, rtol=1e-5, atol=1e-4)


def test_radimagenet_is_the_order_of_the_published_scripts() -> None:
    rgb = np.repeat(GREY * 255, 3, axis=-1)
    caffe = keras.applications.imagenet_utils.preprocess_input(rgb.copy(), data_format="channels_last", mode="caffe")
    np.testing.assert_allclose(images("radimagenet"), caffe / 255, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("caffe", -123.68, 151.061),
        ("torch", -2.1179, 2.64),
        ("tf", -1, 1),
        ("tf128", -1, 255 / 128 - 1),
        ("zero_one", 0, 1),
        ("radimagenet", -0.48502, 0.59240),
    ],
)
def test_documented_ranges(name: str, low: float, high: float) -> None:
    row = CONVENTIONS[name]
    assert (row.low, row.high) == pytest.approx((low, high), abs=1e-4)
    assert images(name).min() == pytest.approx(low, abs=1e-3)
    assert images(name).max() == pytest.approx(high, abs=1e-3)


def test_near_conventions_differ_by_less_than_a_hundredth() -> None:
    near = [row for row in CONVENTIONS.values() if row.near]
    assert [row.name for row in near] == ["tf128"]
    for row in near:
        assert np.abs(images(row.name) - images(str(row.near))).max() < 0.01
    assert {row.name for row in DISTINCT} == {*CONVENTIONS} - {"tf128"}


def test_only_the_convention_of_radimagenet_is_uncertain() -> None:
    assert {name: row.alternative for name, row in CONVENTIONS.items() if row.alternative} == {
        "radimagenet": "zero_one"
    }
    assert all(row.alternative in {None, *CONVENTIONS} for row in CONVENTIONS.values())


def test_channel_order_shows_in_the_offsets() -> None:
    blue, green, red = images("caffe")[0, 0, 0]
    assert blue > green > red  # the blue mean is the lowest, and caffe puts it first
    assert CONVENTIONS["caffe"].channels == CONVENTIONS["radimagenet"].channels == "BGR"


def test_images_are_float32_whatever_the_grey() -> None:
    assert to_network(GREY.astype(np.float16), convention("tf")).dtype == images("tf").dtype


@pytest.mark.parametrize("name", CONVENTIONS)
def test_first_batch_inside_its_range_passes(name: str) -> None:
    check_first_batch(images(name), convention(name))


@pytest.mark.parametrize("batch", [GREY * 255, GREY * 4 - 2, np.full_like(GREY, np.nan)])
def test_first_batch_outside_its_range_is_refused(batch: np.ndarray) -> None:
    with pytest.raises(DataError, match=r"'tf' .*-1\.\.1"):
        check_first_batch(batch, convention("tf"))


def test_a_mean_and_an_sd_make_a_convention() -> None:
    mean, sd = [0.5, 0.25, 0.75], [0.1, 0.2, 0.25]
    row = convention(normalized_name(mean, sd))
    grey = np.array([0.0, 0.3, 1.0], np.float32).reshape(1, 1, 3, 1)
    expected = (np.repeat(grey, 3, -1) - mean) / sd
    np.testing.assert_allclose(to_network(grey, row), expected, atol=1e-5)
    assert (row.low, row.high) == pytest.approx((-5, 5))
    assert convention(normalized_name([0.53] * 3, [0.26] * 3)).scale == pytest.approx((1 / 0.26,) * 3)
    assert normalized_name([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]) == "torch"


@pytest.mark.parametrize("name", ["mean2sd1", "mean0.5sd0", "mean0.5_0.5sd1", "mean.sd1", "mean0.5sd", "mean_sd1"])
def test_a_mean_or_an_sd_out_of_range_is_refused(name: str) -> None:
    with pytest.raises(ExperimentError):
        convention(name)


def test_unknown_convention_is_refused_with_the_nearest() -> None:
    with pytest.raises(ExperimentError, match="'torch'"):
        convention("torhc")
