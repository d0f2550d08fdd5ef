from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from radtl_tf.errors import ExperimentError
from radtl_tf.models.backbones import BACKBONES, build_base, check_image_size, draw_weights
from radtl_tf.models.cka import FEATURES, stage_model, stages
from radtl_tf.models.folding import folded
from radtl_tf.models.tuning import split
from radtl_tf.models.vit import PATCHES, block_ends, block_starts

SIZE = 42
IMAGES = np.random.default_rng(0).normal(size=(2, SIZE, SIZE, 3)).astype(np.float32)


def numbers(tensor: object) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor)


@pytest.fixture(scope="module")
def base(tiny_transformer: str) -> keras.Model:
    return build_base(tiny_transformer, SIZE, seed=1)


def test_the_rows_have_the_sizes_of_the_publication() -> None:
    sizes = {"DINOv2Small": (384, 12, 6), "DINOv2Base": (768, 12, 12)}  # Oquab et al. 2024, table 17
    for name, (width, depth, heads) in sizes.items():
        size = BACKBONES[name].transformer
        assert size is not None
        assert (size.width, size.depth, size.heads, size.patch) == (width, depth, heads, 14)


def test_the_graph_is_made_of_stock_layers_and_saves_as_one(base: keras.Model, tmp_path_factory: object) -> None:
    assert all(type(layer).__module__.startswith("keras.") for layer in base.layers)
    copy = keras.Model.from_config(base.get_config())
    copy.set_weights(base.get_weights())
    np.testing.assert_array_equal(numbers(copy(IMAGES)), numbers(base(IMAGES)))
    assert base.output.shape == (None, 24)
    assert sum(bool(layer.weights) for layer in base.layers) == BACKBONES["TinyViT"].num_layers


def test_a_patch_is_read_row_by_row_and_a_token_is_its_place(base: keras.Model) -> None:
    cut = keras.Model(base.input, base.get_layer(f"{PATCHES}.first").output)
    tokens = numbers(cut(IMAGES)).reshape(2, 10, 14, 14, 3)
    assert not tokens[:, 0].any()
    np.testing.assert_array_equal(tokens[:, 1 + 3 * 2 + 1], IMAGES[:, 28:42, 14:28])


@pytest.mark.parametrize("tuning", ["frozen", "top10", "topK1", "topK2", "full"])
def test_prefix_and_suffix_compose_and_every_learning_variable_gets_a_gradient(tuning: str, base: keras.Model) -> None:
    parts = split(base, tuning)
    cut = parts.prefix(IMAGES)
    np.testing.assert_array_equal(numbers(parts.suffix(cut)), numbers(base(IMAGES)))
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(parts.suffix(cut) * np.arange(24, dtype=np.float32))
    learning = parts.suffix.trainable_variables
    assert len(learning) == {"frozen": 0, "top10": 10, "topK1": 20, "topK2": 38, "full": 40}[tuning]
    assert all(one is not None for one in tape.gradient(loss, [variable.value for variable in learning]))
    assert all(
        tensor.shape[1:] == base.get_layer("block0.add2").output.shape[1:] for tensor in cut if tuning == "topK1"
    )


def test_top_k_counts_blocks(base: keras.Model) -> None:
    assert [base.layers[place].name for place in block_starts(base.layers)] == ["block0.norm1", "block1.norm1"]
    assert [base.layers[place].name for place in block_ends(base.layers)] == ["block0.add2", "block1.add2"]
    with pytest.raises(ExperimentError, match="2 blocks"):
        split(base, "topK3")


def test_stages_are_the_ends_of_blocks(base: keras.Model) -> None:
    assert [stage.layer for stage in stages(base)] == ["block0.add2", "block1.add2", FEATURES]
    first, *_, last = stage_model(base)(IMAGES)
    tokens = keras.Model(base.input, base.get_layer("block0.add2").output)(IMAGES)
    np.testing.assert_allclose(numbers(first), numbers(tokens).mean(axis=1), atol=1e-6)
    np.testing.assert_array_equal(numbers(last), numbers(base(IMAGES)))


def test_nothing_is_folded(base: keras.Model) -> None:
    np.testing.assert_array_equal(numbers(folded(base)(IMAGES)), numbers(base(IMAGES)))


def test_random_weights_have_the_usual_spread(base: keras.Model) -> None:
    drawn = keras.models.clone_model(base)
    draw_weights(drawn, 1)
    for weight, again in zip(base.weights, drawn.weights, strict=True):
        value = numbers(weight)
        np.testing.assert_array_equal(value, numbers(again))
        if value.size > 500:
            assert value.std() == pytest.approx(0.02 * 0.88, rel=0.1)  # 0.88: the SD of a normal that ends at 2 SD
            assert np.abs(value).max() <= 0.04
    scales = [weight for weight in base.weights if "scale" in weight.path]
    assert len(scales) == 4 and all((numbers(scale) == 1).all() for scale in scales)


@pytest.mark.parametrize("size", [41, 50, 224 + 7])
def test_a_size_that_patches_do_not_divide_is_refused(size: int, base: keras.Model) -> None:
    with pytest.raises(ExperimentError, match=str(size)):
        check_image_size("TinyViT", size)
    assert check_image_size("TinyViT", 56).name == "TinyViT"


def test_poolings_share_the_tokens_and_the_order_of_weights(base: keras.Model) -> None:
    tokens = numbers(keras.Model(base.input, base.get_layer("norm").output)(IMAGES))
    mean = tokens[:, 1:].mean(axis=1)
    expected = {"TinyViTMean": mean, "TinyViTBoth": np.concatenate([tokens[:, 0], mean], axis=1)}
    for name, features in expected.items():
        other = build_base(name, SIZE, seed=2)
        other.set_weights(base.get_weights())
        np.testing.assert_allclose(numbers(other(IMAGES)), features, atol=1e-5)
        size = BACKBONES[name].transformer
        assert size is not None and size.num_features == features.shape[1]
        parts = split(other, "top10")
        np.testing.assert_array_equal(numbers(parts.suffix(parts.prefix(IMAGES))), numbers(other(IMAGES)))


def test_rows_of_a_pooling_are_named_after_it() -> None:
    for name in ("DINOv2Small", "DINOv2Base"):
        found = [BACKBONES[f"{name}{end}"].transformer for end in ("", "Mean", "Both")]
        assert [size.pooling for size in found if size] == ["class_token", "mean", "both"]
