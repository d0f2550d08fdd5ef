from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest

from radtl_tf.errors import ExperimentError
from radtl_tf.models.backbones import BACKBONES, Backbone, backbone, build_base, check_image_size, draw_weights
from radtl_tf.models.pixels import CONVENTIONS


def values(base: keras.Model) -> list[np.ndarray]:
    return [keras.ops.convert_to_numpy(weight) for weight in base.weights]


def equal(first: keras.Model, second: keras.Model) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(values(first), values(second), strict=True))


@pytest.mark.parametrize("name", ["MobileNet", "MobileNetV2", "VGG16"])  # benchmarks/test_encoders.py has the others
def test_rows_tell_the_truth(name: str) -> None:
    row = BACKBONES[name]
    base = build_base(name, row.min_size, seed=1)
    assert sum(bool(layer.weights) for layer in base.layers) == row.num_layers
    assert row.pixels in CONVENTIONS
    assert base.output.shape[0] is None and len(base.output.shape) == 2
    assert row.stable_names


def test_the_page_has_every_backbone() -> None:
    page = (Path(__file__).parents[2] / "docs" / "reference" / "backbones.md").read_text(encoding="utf-8")
    for row in BACKBONES.values():
        if not row.name.startswith("Tiny"):
            assert f"| `{row.name}` | {row.num_layers} | {row.min_size} px | `{row.pixels}` |" in page


def test_number_of_layers_is_unique_but_among_other_widths_and_graphs() -> None:
    same = {"MobileNet050": "MobileNet", "MobileNet025": "MobileNet"}
    same |= {"ResNet50Torch": "ResNet50", "InceptionV3Torch": "InceptionV3"}  # their names of layers differ
    same |= {"DINOv2Base": "DINOv2Small"}  # their widths differ
    assert all(BACKBONES[name].num_layers == BACKBONES[other].num_layers for name, other in same.items())
    counts = [row.num_layers for row in BACKBONES.values() if row.name not in same]
    assert len(set(counts)) == len(counts)


@pytest.mark.parametrize(
    ("name", "width", "num_weights"), [("MobileNet050", 512, 829_536), ("MobileNet025", 256, 218_544)]
)
def test_a_narrow_mobilenet_has_keras_layers_and_fewer_channels(name: str, width: int, num_weights: int) -> None:
    base, whole = build_base(name, 32, seed=1), build_base("MobileNet", 32, seed=1)
    named = [[layer.name for layer in model.layers if layer.weights] for model in (base, whole)]
    assert named[0] == named[1]
    assert base.output.shape[-1] == width
    assert base.count_params() == num_weights  # Keras' summary of MobileNet(alpha=...), without its top


def test_weights_depend_on_the_seed_alone() -> None:
    first = build_base("MobileNetV2", 32, seed=5)
    keras.utils.set_random_seed(77)
    build_base("MobileNet", 32, seed=9)
    assert equal(first, build_base("MobileNetV2", 32, seed=5))
    assert not equal(first, build_base("MobileNetV2", 32, seed=6))


def test_no_two_kernels_are_alike() -> None:
    kernels = [value for value in values(build_base("MobileNet", 32, seed=5)) if value.ndim == 4]
    assert len({value.flat[0] for value in kernels}) == len(kernels)


def test_weights_follow_the_initializers(tiny_backbone: str) -> None:
    base = build_base(tiny_backbone, 32, seed=5)
    kernel = keras.ops.convert_to_numpy(base.get_layer("conv1").kernel)
    assert np.abs(kernel).max() <= np.sqrt(6 / (9 * 3 + 9 * 6))  # Glorot & Bengio 2010, equation 16
    assert np.abs(kernel).max() > 0.8 * np.sqrt(6 / (9 * 3 + 9 * 6))
    assert np.all(keras.ops.convert_to_numpy(base.get_layer("bn1").moving_variance) == 1)
    assert np.all(keras.ops.convert_to_numpy(base.get_layer("conv1").bias) == 0)


def test_drawing_again_restores_the_first_draw(tiny_backbone: str) -> None:
    base = build_base(tiny_backbone, 32, seed=5)
    for weight in base.weights:
        weight.assign(keras.ops.zeros(weight.shape))
    draw_weights(base, 5)
    assert equal(base, build_base(tiny_backbone, 32, seed=5))


def test_weights_stay_float32_in_mixed_precision(tiny_backbone: str) -> None:
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        base = build_base(tiny_backbone, 32, seed=5)
        assert base.output.dtype == "bfloat16"
    finally:
        keras.config.set_dtype_policy(before)
    assert {weight.dtype for weight in base.weights} == {"float32"}
    assert equal(base, build_base(tiny_backbone, 32, seed=5))


def test_too_small_images_are_refused() -> None:
    with pytest.raises(ExperimentError, match=r"InceptionV3 .*\b75 px.*\b74\b"):
        build_base("InceptionV3", 74, seed=1)


def test_sizes_that_patches_do_not_divide_are_refused_with_the_nearest() -> None:
    with pytest.raises(ExperimentError, match=r"224 or 238"):
        check_image_size("DINOv2Small", 230)
    with pytest.raises(ExperimentError, match=r'"112x224" or "126x238"'):
        check_image_size("DINOv2Small", "112x230")
    assert check_image_size("DINOv2Small", "112x224").name == "DINOv2Small"


def test_unknown_backbone_is_refused_with_the_nearest() -> None:
    with pytest.raises(ExperimentError, match="'ResNet50'"):
        backbone("Resnet50")


def test_one_row_more_is_one_backbone_more(monkeypatch: pytest.MonkeyPatch) -> None:
    def network(*, include_top: bool, pooling: str, weights: None, input_shape: tuple[int, int, int]) -> keras.Model:
        images = keras.Input(input_shape)
        features = keras.layers.SeparableConv2D(5, 3, name="only")(images)
        return keras.Model(images, keras.layers.GlobalAveragePooling2D()(features))

    monkeypatch.setitem(BACKBONES, "Mine", Backbone("Mine", network, "torch", 8, True))
    base = build_base("Mine", 8, seed=1)
    assert base(np.ones((2, 8, 8, 3), np.float32)).shape == (2, 5)
    assert equal(base, build_base("Mine", 8, seed=1))


def test_some_layers_are_drawn_as_if_all_were(tiny_backbone: str) -> None:
    base, other = build_base(tiny_backbone, 32, seed=5), build_base(tiny_backbone, 32, seed=6)
    before = values(base)
    draw_weights(base, 6, [base.get_layer("conv2"), base.get_layer("bn3")])
    drawn = {id(weight) for name in ("conv2", "bn3") for weight in base.get_layer(name).weights}
    for weight, old, new in zip(base.weights, before, values(other), strict=True):
        expected = new if id(weight) in drawn else old
        assert np.array_equal(keras.ops.convert_to_numpy(weight), expected)
    assert not equal(base, other)
    assert not all(np.array_equal(old, new) for old, new in zip(before, values(base), strict=True))
