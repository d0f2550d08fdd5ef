"""The scores must find the convention of networks whose batch norms were set with a known one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from radtl_tf.data.decoding.images import decode
from radtl_tf.data.manifest.folders import image_files
from radtl_tf.data.phantoms.write import draw_phantoms
from radtl_tf.data.preprocessing.resizing import preprocess
from radtl_tf.errors import ExperimentError, WeightsError
from radtl_tf.models.backbones import backbone, build_base
from radtl_tf.models.pixels import DISTINCT, convention, to_network
from radtl_tf.models.weights.convention_score import (
    DARK,
    ConventionScore,
    ConventionScores,
    overlap,
    score_conventions,
    shrunk,
)
from radtl_tf.models.weights.file import read_weights
from radtl_tf.models.weights.sources import assign

NAMES = {row.name for row in DISTINCT}


def textures(number: int, size: int) -> np.ndarray:
    """Return noise with the spectrum of photographs, amplitude 1 / frequency (Field 1987): (N, S, S, 1), 0..1."""
    rng = np.random.default_rng(0)
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(size), np.fft.fftfreq(size)))
    frequency[0, 0] = 1 / size
    noise = np.fft.ifft2(np.fft.fft2(rng.normal(size=(number, size, size))) / frequency).real
    noise /= noise.std((1, 2), keepdims=True)
    contrast, brightness = rng.uniform(0.1, 0.25, (number, 1, 1)), rng.uniform(0.3, 0.6, (number, 1, 1))
    return np.clip(noise * contrast + brightness, 0, 1).astype(np.float32)[..., None]


def phantoms(kind: str, size: int, number: int = 24) -> np.ndarray:
    """Return synthetic radiographs (N, S, S, 1), 0..1."""
    drawn = draw_phantoms(kind, num_patients=number, seed=4, height=size)
    pictures = [phantom.picture for phantom in drawn][:number]
    return np.stack([preprocess((picture * 65535).astype(np.uint16), size, "stretch").numpy() for picture in pictures])


def settle(base: keras.Model, grey: np.ndarray, pixels: str) -> keras.Model:
    """Set the statistics of every batch norm from these images in this convention."""
    norms = [layer for layer in base.layers if isinstance(layer, keras.layers.BatchNormalization)]
    for norm in norms:
        norm.momentum = 0.0
    base(to_network(grey, convention(pixels)), training=True)
    return base


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(NAMES))
def test_the_convention_of_pre_training_wins(name: str, tiny_backbone: str) -> None:
    """The statistics come from photographs, and radiographs are scored."""
    base = settle(build_base(tiny_backbone, 64, seed=2), textures(48, 64), name)
    found = score_conventions(base, phantoms("supernumerary", 64))
    assert found.close == ()
    assert (found.best, found.num_images, found.image_size) == (name, 24, 64)
    assert {score.name for score in found.scores} == NAMES
    agreements = [score.agreement for score in found.scores]
    assert agreements == sorted(agreements, reverse=True) and 0 <= agreements[-1] and agreements[0] <= 1


def test_dark_films_are_known_to_confuse_offsets(tiny_backbone: str) -> None:
    """Films half as bright as photographs are equally far from the mean (radimagenet) and from zero (zero_one)."""
    films = phantoms("skull", 64)
    found = score_conventions(settle(build_base(tiny_backbone, 64, seed=2), textures(48, 64), "radimagenet"), films)
    assert found.brightness == pytest.approx(films.mean()) and found.brightness < DARK
    first, second, third = found.scores[:3]
    assert {first.name, second.name} == {"radimagenet", "zero_one"}
    assert first.agreement - second.agreement < 0.05 < second.agreement - third.agreement


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(NAMES))
@pytest.mark.parametrize("network", ["ResNet50", "DenseNet121", "InceptionV3"])
def test_the_convention_of_pre_training_wins_in_every_backbone(name: str, network: str) -> None:
    base = settle(build_base(network, 96, seed=2), textures(48, 96), name)
    found = score_conventions(base, phantoms("supernumerary", 96))
    assert (found.best, found.close) == (name, ())
    assert found.scores[0].agreement > 0.9


def test_the_same_images_agree_nearly_in_full(tiny_backbone: str) -> None:
    images = textures(32, 64)
    first = score_conventions(settle(build_base(tiny_backbone, 64, seed=2), images, "torch"), images).scores[0]
    assert (first.name, first.shrink) == ("torch", 1)
    assert first.agreement > 0.999
    assert first.spread == pytest.approx(1, abs=0.01)


def test_statistics_do_not_depend_on_the_batches(tiny_backbone: str) -> None:
    """35 images are two batches and a shorter one."""
    images = textures(35, 64)
    base = settle(build_base(tiny_backbone, 64, seed=2), images, "tf")
    assert score_conventions(base, images).scores[0].agreement > 0.999


def test_spread_is_the_ratio_of_the_ranges() -> None:
    images = keras.Input((32, 32, 3))
    base = keras.Model(images, keras.layers.BatchNormalization(epsilon=1e-12)(images))
    ramps = np.random.default_rng(0).uniform(0, 1, (8, 1, 1, 1)) + np.zeros((8, 32, 32, 1))  # shrinking changes nothing
    found = score_conventions(settle(base, ramps, "zero_one"), ramps.astype(np.float32))
    spreads = {score.name: score.spread for score in found.scores}
    expected = {row.name: float(np.exp(np.mean(np.log(row.scale)))) for row in DISTINCT}
    assert spreads == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize(
    ("mean", "sd", "other_mean", "other_sd"), [(0, 1, 0, 1), (0, 1, 2, 1), (0, 1, 0, 3), (1, 0.5, -1, 2)]
)
def test_overlap_is_the_integral_of_the_geometric_mean(
    mean: float, sd: float, other_mean: float, other_sd: float
) -> None:
    x = np.linspace(-20, 20, 40_001)
    first, second = (
        np.exp(-(((x - m) / s) ** 2) / 2) / (s * np.sqrt(2 * np.pi)) for m, s in ((mean, sd), (other_mean, other_sd))
    )
    integral = np.sqrt(first * second).sum() * (x[1] - x[0])
    values = [np.array([value]) for value in (mean, sd**2, other_mean, other_sd**2)]
    assert overlap(*values)[0] == pytest.approx(integral, abs=1e-6)


def test_overlap_of_what_is_not_finite_is_none() -> None:
    one = np.ones(1)
    assert overlap(np.array([np.nan]), one, one, one)[0] == 0
    assert overlap(one, np.array([np.inf]), one, one)[0] == 0


def test_shrinking_averages_and_lays_side_by_side() -> None:
    grey = np.arange(5 * 6 * 6, dtype=np.float32).reshape(5, 6, 6, 1)
    np.testing.assert_array_equal(shrunk(grey, 1), grey)
    half = shrunk(grey, 2)
    assert half.shape == (2, 6, 6, 1)  # five images are two mosaics of four
    assert half[0, 0, 0, 0] == grey[0, :2, :2].mean()
    assert half[0, 0, 3, 0] == grey[1, :2, :2].mean()
    assert half[0, 3, 2, 0] == grey[2, :2, 4:].mean()
    assert half[1, 0, 3, 0] == half[0, 0, 0, 0]  # the sixth is the first again
    fourth = shrunk(grey, 4)
    assert fourth.shape == (1, 6, 6, 1)
    assert (fourth[0, 4:, 0] == fourth[0, 3, 0]).all()  # 6 is not a multiple of 4


def test_what_cannot_be_scored_is_refused(tiny_backbone: str) -> None:
    images = textures(2, 32)
    with pytest.raises(WeightsError, match="never trained"):
        score_conventions(build_base(tiny_backbone, 32, seed=2), images)
    inputs = keras.Input((32, 32, 3))
    with pytest.raises(ExperimentError, match="plain "):
        score_conventions(keras.Model(inputs, keras.layers.ReLU()(inputs), name="plain"), images)


def scores(declared: str | None, second: float = 0.5) -> ConventionScores:
    rows = (("tf", 0.9), ("torch", second), ("caffe", 0.1))
    return ConventionScores(tuple(ConventionScore(*row, 1.0, 1) for row in rows), 8, 64, 0.5, declared)


def test_what_the_scores_say() -> None:
    assert (scores(None).best, scores(None).close, scores(None).agrees) == ("tf", (), None)
    assert (scores("tf").agrees, scores("torch").agrees) == (True, False)
    assert (scores("torch", 0.895).close, scores("torch", 0.895).agrees) == (("torch",), True)
    record = json.loads(json.dumps(scores("caffe").as_dict()))
    assert (record["best"], record["declared"], record["agrees"]) == ("tf", "caffe", False)
    assert record["scores"][0] == {"name": "tf", "agreement": 0.9, "spread": 1.0, "shrink": 1}


@pytest.fixture(scope="module")
def imagenet(real_folder: Path) -> tuple[keras.Model, np.ndarray]:
    """Return ResNet50 with its ImageNet weights and 32 chest radiographs."""
    base = build_base("ResNet50", 224, seed=0)
    file = real_folder / "weights" / "ImageNet-ResNet50_notop.h5"
    assign(base, read_weights(file, base, backbone=backbone("ResNet50")).values)
    films = image_files([real_folder / "data" / "chest400" / "images"])[::12][:32]
    return base, np.stack([preprocess(decode(film).pixels, 224, "pad").numpy() for film in films])


@pytest.mark.real
@pytest.mark.parametrize("name", sorted(NAMES))
def test_real_weights_name_their_convention(name: str, imagenet: tuple[keras.Model, np.ndarray]) -> None:
    """The first kernel is rewritten for the convention; the statistics of the real photographs are unchanged."""
    base, films = imagenet
    layer: Any = base.get_layer("conv1_conv")
    kept = kernel, bias = layer.get_weights()
    native, other = convention("caffe"), convention(name)
    factor = np.divide(native.scale, other.scale)[:, None]  # caffe pixels = factor * other pixels + shift
    shift = np.subtract(native.offset, np.multiply(other.offset, factor[:, 0]))[:, None]
    try:
        layer.set_weights([kernel * factor, bias + (kernel * shift).sum((0, 1, 2))])
        found = score_conventions(base, films, declared="caffe")
    finally:
        layer.set_weights(kept)
    assert (found.best, found.close) == (name, ())
    assert found.scores[0].agreement > 0.9
    assert found.agrees == (name == "caffe")
