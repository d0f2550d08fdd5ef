from __future__ import annotations

import keras
import numpy as np
import pytest

from radtl_tf.errors import ExperimentError
from radtl_tf.models.backbones import build_base
from radtl_tf.models.cka import stage_model
from radtl_tf.models.tuning import split, watched_suffix

TUNINGS = ["frozen", "top10", "topK3", "full"]


def numbers(tensor: object) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor)


def images(size: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(-1, 1, (2, size, size, 3)).astype(np.float32)


def num_trainable(model: keras.Model) -> int:
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


def test_prefix_and_suffix_compose_to_the_whole() -> None:
    name, size = "MobileNet025", 32  # benchmarks/test_encoders.py has the others
    base = build_base(name, size, seed=2)
    whole = numbers(base(images(size)))
    for tuning in TUNINGS:
        parts = split(base, tuning)
        np.testing.assert_allclose(numbers(parts.suffix(parts.prefix(images(size)))), whole, rtol=1e-5, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "num_parameters", "num_tensors"),
    [
        ("ResNet50", 3_416_576, 2),
        ("DenseNet121", 168_128, 1),
        ("InceptionV3", 192, 6),
        ("InceptionResNetV2", 4_130_592, 3),
        ("InceptionV3Torch", 1_152, 6),
    ],
)
def test_top10_is_the_published_one(name: str, num_parameters: int, num_tensors: int) -> None:
    parts = split(build_base(name, 96, seed=2), "top10")
    assert num_trainable(parts.suffix) == num_parameters
    assert num_trainable(parts.prefix) == 0
    assert len(parts.prefix.outputs) == num_tensors


@pytest.mark.parametrize("tuning", TUNINGS)
def test_the_prefix_always_gives_a_list(tiny_backbone: str, tuning: str) -> None:
    parts = split(build_base(tiny_backbone, 32, seed=2), tuning)
    for tensors in (parts.prefix(images(32)), parts.prefix.predict(images(32), verbose=0)):
        assert isinstance(tensors, list)
        assert [tensor.shape[1:] for tensor in tensors] == [tensor.shape[1:] for tensor in parts.prefix.outputs]


def test_several_tensors_cross_in_the_order_of_their_use(tiny_backbone: str) -> None:
    parts = split(build_base(tiny_backbone, 32, seed=2), "topK2")  # conv3 and bn3; the branch merges before them
    assert [tuple(tensor.shape[1:]) for tensor in parts.prefix.outputs] == [(7, 7, 14)]
    parts = split(build_base(tiny_backbone, 32, seed=2), "topK4")  # from conv2 on: the branch crosses too
    again = split(build_base(tiny_backbone, 32, seed=2), "topK4")
    shapes = [tuple(tensor.shape[1:]) for tensor in parts.prefix.outputs]
    assert shapes == [tuple(tensor.shape[1:]) for tensor in again.prefix.outputs]
    assert num_trainable(parts.suffix) == num_trainable(split(build_base(tiny_backbone, 32, seed=2), "topK4").suffix)


@pytest.mark.parametrize(
    ("tuning", "learning"),
    [("frozen", set()), ("topK1", {"bn3"}), ("topK3", {"bn2", "conv3", "bn3"}), ("full", None)],
)
def test_what_learns(tiny_backbone: str, tuning: str, learning: set[str] | None) -> None:
    base = build_base(tiny_backbone, 32, seed=2)
    split(base, tuning)
    found = {layer.name for layer in base.layers if layer.trainable_weights}
    assert found == ({layer.name for layer in base.layers if layer.weights} if learning is None else learning)


def test_batch_norms_below_the_cut_keep_their_statistics(tiny_backbone: str) -> None:
    base = build_base(tiny_backbone, 32, seed=2)
    parts = split(base, "topK3")
    before = {name: numbers(base.get_layer(name).moving_mean) for name in ("bn1", "bn2", "bn3")}
    parts.suffix(parts.prefix(images(32), training=True), training=True)
    moved = {name for name in before if not np.array_equal(before[name], numbers(base.get_layer(name).moving_mean))}
    assert moved == {"bn2", "bn3"}


def test_parts_share_the_weights_of_the_base(tiny_backbone: str) -> None:
    base = build_base(tiny_backbone, 32, seed=2)
    parts = split(base, "topK3")
    assert {id(w) for w in [*parts.prefix.weights, *parts.suffix.weights]} == {id(w) for w in base.weights}


@pytest.mark.parametrize(("tuning", "above"), [("full", 2), ("topK4", 1), ("topK2", 1), ("frozen", 1)])
def test_what_the_suffix_computes_on_the_way_are_the_stages_above_the_cut(
    tiny_backbone: str, tuning: str, above: int
) -> None:
    base = build_base(tiny_backbone, 32, seed=2)
    found = watched_suffix(base, tuning)(split(base, tuning).prefix(images(32)))
    expected = stage_model(base)(images(32))[-above:]
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-6)


def test_frozen_gives_float32_features_in_mixed_precision(tiny_backbone: str) -> None:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        parts = split(build_base(tiny_backbone, 32, seed=2), "frozen")
        assert keras.backend.standardize_dtype(parts.suffix(parts.prefix(images(32))).dtype) == "float32"
    finally:
        keras.config.set_dtype_policy(before)


@pytest.mark.parametrize(
    ("tuning", "message"),
    [
        ("topK7", r"\b6 layers"),
        ("topK0", "'topK0'"),
        ("top20", "'top20'"),
    ],
)
def test_impossible_tunings_are_refused(tiny_backbone: str, tuning: str, message: str) -> None:
    with pytest.raises(ExperimentError, match=message):
        split(build_base(tiny_backbone, 32, seed=2), tuning)
