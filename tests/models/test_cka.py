"""Linear CKA against its definition, and the layers that are compared."""

from __future__ import annotations

import math
from itertools import permutations

import keras
import numpy as np
import pytest

from radtl_tf.models.backbones import BACKBONES, build_base
from radtl_tf.models.cka import FEATURES, linear_cka, stage_model, stages

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(60, 12)) * RANDOM.uniform(0.1, 3, 12)
Y = X[:, :7] @ RANDOM.normal(size=(7, 20)) + RANDOM.normal(size=(60, 20))
BOTH = pytest.mark.parametrize("debiased", [True, False])


@BOTH
def test_a_representation_is_like_itself(debiased: bool) -> None:
    assert linear_cka(X, X, debiased=debiased) == pytest.approx(1)


@BOTH
def test_rotation_scale_and_shift_change_nothing(debiased: bool) -> None:
    rotation, _ = np.linalg.qr(RANDOM.normal(size=(12, 12)))
    expected = linear_cka(X, Y, debiased=debiased)
    assert 0.1 < expected < 0.9
    assert linear_cka(3 * X @ rotation + 5, Y, debiased=debiased) == pytest.approx(expected)
    assert linear_cka(Y, X, debiased=debiased) == pytest.approx(expected)
    assert linear_cka(X * np.arange(1, 13), Y, debiased=debiased) != pytest.approx(expected, abs=0.01)


def test_unrelated_features_are_near_zero_only_without_bias() -> None:
    pairs = [(RANDOM.normal(size=(40, 200)), RANDOM.normal(size=(40, 150))) for _ in range(20)]
    assert np.mean([linear_cka(*pair) for pair in pairs]) == pytest.approx(0, abs=0.02)
    assert np.mean([linear_cka(*pair, debiased=False) for pair in pairs]) > 0.7


def test_the_plain_estimate_is_the_norm_of_the_cross_covariance() -> None:
    """Kornblith et al. 2019, equation 8 and following."""
    x, y = X - X.mean(axis=0), Y - Y.mean(axis=0)
    cross, own, other = (np.linalg.norm(a.T @ b) for a, b in ((y, x), (x, x), (y, y)))
    assert linear_cka(X, Y, debiased=False) == pytest.approx(cross**2 / (own * other))


def test_the_debiased_estimate_is_the_mean_over_four_different_images() -> None:
    """HSIC = E[k l] + E[k] E[l] - 2 E[k l'], each mean over images that are all different."""
    x, y = X[:7], Y[:7]

    def hsic(a: np.ndarray, b: np.ndarray) -> float:
        k, ell = a @ a.T, b @ b.T
        terms = [k[i, j] * (ell[i, j] + ell[q, r] - 2 * ell[i, q]) for i, j, q, r in permutations(range(7), 4)]
        return float(np.mean(terms))

    expected = hsic(x, y) / math.sqrt(hsic(x, x) * hsic(y, y))
    assert linear_cka(x, y) == pytest.approx(expected)


@BOTH
def test_what_is_the_same_for_all_images_is_like_nothing(debiased: bool) -> None:
    assert math.isnan(linear_cka(np.full((60, 3), 0.1, np.float32), Y, debiased=debiased))


def test_too_few_or_other_images_are_refused() -> None:
    with pytest.raises(ValueError, match="3 and 3 images"):
        linear_cka(X[:3], Y[:3])
    with pytest.raises(ValueError, match="60 and 59 images"):
        linear_cka(X, Y[:59])


def test_stages_end_each_resolution(tiny_backbone: str) -> None:
    base = build_base(tiny_backbone, 32, seed=1)
    found = stages(base)
    assert [stage.layer for stage in found] == ["relu1", FEATURES]
    assert [stage.depth for stage in found] == [3 / (len(base.layers) - 1), 1.0]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ResNet50", ["conv1_relu", "conv2_block3_out", "conv3_block4_out", "conv4_block6_out"]),
        ("MobileNet", ["conv_pw_1_relu", "conv_pw_3_relu", "conv_pw_5_relu", "conv_pw_11_relu"]),
        pytest.param("DenseNet121", ["conv1_relu", "pool2_conv", "pool3_conv", "pool4_conv"], marks=pytest.mark.slow),
        pytest.param(
            "InceptionV3",
            ["activation 3", "activation 9", "activation 13", "activation 16", "mixed2", "mixed7"],
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "InceptionResNetV2",
            ["activation 3", "activation 9", "activation 13", "activation 16", "block35_10_ac", "block17_20_ac"],
            marks=pytest.mark.slow,
        ),
    ],
)
def test_stages_of_backbones_do_not_depend_on_what_was_built_before(name: str, expected: list[str]) -> None:
    keras.layers.Activation("relu")  # uses up a number of the automatic names
    base = BACKBONES[name].application(include_top=False, pooling="avg", weights=None, input_shape=(224, 224, 3))
    found = stages(base)
    assert [stage.layer for stage in found] == [*expected, FEATURES]
    depths = [stage.depth for stage in found]
    assert depths == sorted(depths)
    assert 0 < depths[0] and depths[-1] == 1


def test_the_stage_model_shares_weights_and_averages_over_the_image(tiny_backbone: str) -> None:
    base = build_base(tiny_backbone, 32, seed=1)
    model = stage_model(base)
    images = RANDOM.normal(size=(5, 32, 32, 3)).astype(np.float32)
    first, last = model.predict_on_batch(images)
    inner = keras.Model(base.input, base.get_layer("relu1").output).predict_on_batch(images)
    np.testing.assert_allclose(first, inner.mean(axis=(1, 2)), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(last, base.predict_on_batch(images), rtol=1e-5, atol=1e-6)
    base.get_layer("conv1").kernel.assign(base.get_layer("conv1").kernel * 2)
    assert not np.allclose(model.predict_on_batch(images)[0], first)
