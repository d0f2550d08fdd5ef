"""Our Grad-CAM against another implementation and a closed form, in every precision."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import keras
import numpy as np
import pytest
from scipy.special import expit

from radtl_tf.models.backbones import build_base
from radtl_tf.models.gradcam import opened
from radtl_tf.models.head import Head
from radtl_tf.report.saliency.gradcam import GradCam

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # it imports scipy.ndimage by its old name
    from tf_keras_vis.gradcam import Gradcam as Oracle

SOME = ("ResNet50", "DenseNet121", "InceptionV3", "MobileNet")
ALL = ["Tiny", *(pytest.param(name, marks=pytest.mark.slow) for name in SOME)]
REAL = ("ResNet50", "DenseNet121")
SIZE = 160  # the smallest multiple of 32 at which every backbone has several cells


@pytest.fixture(autouse=True)
def float32() -> Iterator[None]:
    keras.config.set_dtype_policy("float32")
    yield
    keras.config.set_dtype_policy("float32")


def images(count: int = 3) -> np.ndarray:
    blocks = np.random.default_rng(0).uniform(-1, 1, (count, SIZE // 8, SIZE // 8, 3))
    return blocks.repeat(8, axis=1).repeat(8, axis=2).astype(np.float32)


def head_for(base: keras.Model) -> Head:
    """Return a head as training leaves it: features standardized, every seventh constant."""
    random = np.random.default_rng(1)
    features = opened(base).predict_on_batch(images()).mean(axis=(1, 2))
    head = Head(num_features=features.shape[1], num_classes=2)
    sd = np.where(np.arange(features.shape[1]) % 7 == 3, 0, features.std(axis=0) + 0.1 * features.mean())
    kernel = random.normal((0, 0.05), 0.1, (features.shape[1], 2))
    head.reset(kernel=kernel, bias=np.array([0.2, -0.1]), mean=features.mean(axis=0), sd=sd)
    return head


def closed_form(base: keras.Model, head: Head) -> np.ndarray:
    """For a global average and a linear head, the weight of a channel is its kernel / (SD x number of cells)."""
    last = opened(base).predict_on_batch(images()).astype(np.float64)
    kernel, sd = (keras.ops.convert_to_numpy(weight).astype(np.float64) for weight in (head.kernel, head.sd))
    alive = sd > 0
    shares = np.where(alive, (kernel[:, 1] - kernel[:, 0]) / np.where(alive, sd, 1), 0) / (
        last.shape[1] * last.shape[2]
    )
    return np.maximum(last @ shares, 0)


@pytest.mark.parametrize("name", ALL)
def test_maps_are_those_of_another_implementation_and_of_the_closed_form(name: str, tiny_backbone: str) -> None:
    base = build_base(name, SIZE, seed=4)
    head = head_for(base)
    maps, scores = GradCam(base, head)(images())
    assert (maps.max(axis=(1, 2)) > 0).any()
    model = keras.Model(base.input, head(base.output))
    oracle = Oracle(model, clone=False)(
        lambda logits: logits[:, 1] - logits[:, 0],
        images(),
        penultimate_layer=base.layers[-2].name,
        seek_penultimate_conv_layer=False,
        normalize_cam=False,
        expand_cam=False,
    )
    tolerance = 1e-4 * maps.max()
    np.testing.assert_allclose(maps, np.asarray(oracle), atol=tolerance)
    np.testing.assert_allclose(maps, closed_form(base, head), atol=tolerance)
    logits = model.predict_on_batch(images())
    np.testing.assert_allclose(scores, expit(logits[:, 1] - logits[:, 0]), atol=1e-5)


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("name", ["Tiny", *(pytest.param(name, marks=pytest.mark.slow) for name in REAL)])
def test_mixed_precision_gives_the_same_maps(name: str, precision: str, tiny_backbone: str) -> None:
    base = build_base(name, SIZE, seed=4)
    head = head_for(base)
    expected, _ = GradCam(base, head)(images())
    keras.config.set_dtype_policy(precision)
    half = build_base(name, SIZE, seed=4)
    assert opened(half).output.dtype != "float32"
    maps, _ = GradCam(half, head)(images())
    assert maps.dtype == np.float32
    for one, other in zip(maps, expected, strict=True):
        assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.99


def test_a_gradient_too_small_for_half_precision_is_not_lost(tiny_backbone: str) -> None:
    keras.config.set_dtype_policy("mixed_float16")
    base = build_base("Tiny", SIZE, seed=4)
    head = head_for(base)
    large, _ = GradCam(base, head)(images())
    head.kernel.assign(head.kernel * 1e-6)
    small, _ = GradCam(base, head)(images())
    np.testing.assert_allclose(small * 1e6, large, rtol=1e-3, atol=1e-4 * large.max())


def test_other_weights_are_seen_without_a_new_trace(tiny_backbone: str) -> None:
    base = build_base("Tiny", SIZE, seed=4)
    head = head_for(base)
    explain = GradCam(base, head)
    first, _ = explain(images())
    base.get_layer("conv1").kernel.assign(-base.get_layer("conv1").kernel)
    head.kernel.assign(head.kernel * 2)
    again, _ = explain(images())
    assert not np.allclose(first, again, atol=1e-3 * first.max())
    np.testing.assert_allclose(again, closed_form(base, head), atol=1e-4 * again.max())


def test_what_speaks_against_the_class_is_left_out(tiny_backbone: str) -> None:
    base = build_base("Tiny", SIZE, seed=4)
    head = head_for(base)
    head.kernel.assign(np.abs(head.kernel) * (1, -1))  # after a ReLU every feature is evidence for the negative class
    maps, _ = GradCam(base, head)(images())
    assert (maps == 0).all()
