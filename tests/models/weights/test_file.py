from __future__ import annotations

import os
import re
import runpy
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from radtl_tf.errors import OutputError, WeightsError
from radtl_tf.models.backbones import BACKBONES, Backbone, backbone, build_base, network
from radtl_tf.models.weights.catalogue import sha256_of
from radtl_tf.models.weights.file import read_weights, schema_of, write_weights
from radtl_tf.models.weights.normalization import MEAN, SD

spoiled = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "spoiled.py")))

FOUR = ["ResNet50", "DenseNet121", "InceptionV3", "InceptionResNetV2"]


def values(base: keras.Model) -> list[np.ndarray]:
    return [keras.ops.convert_to_numpy(weight) for weight in base.weights]


def assign(base: keras.Model, numbers: list[np.ndarray]) -> None:
    for weight, number in zip(base.weights, numbers, strict=True):
        weight.assign(number)


def shaken(base: keras.Model) -> keras.Model:
    """Give every weight, including constant ones, distinct numbers."""
    generator = np.random.default_rng(4)
    assign(base, [generator.uniform(0.1, 1, value.shape) for value in values(base)])
    return base


def check_genuine(genuine: Callable[..., Path], name: str, size: int, layouts: dict[str, str]) -> None:
    folder = genuine(name, size)
    images, expected = np.load(folder / "images.npy"), np.load(folder / f"{name}.npy")
    base = build_base(name, size, seed=1)
    for file, layout in layouts.items():
        found = read_weights(folder / f"{name}-{file}.h5", base, backbone=backbone(name))
        assert found.report.layout == layout
        assert len(found.report.matched) == BACKBONES[name].num_layers
        assert (found.report.left_over, found.report.warnings) == ((), ())
        assign(base, found.values)
        features = keras.ops.convert_to_numpy(base(images, training=False))
        np.testing.assert_allclose(features, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())
        for weight in base.weights:
            weight.assign(keras.ops.zeros(weight.shape))


@pytest.mark.slow
def test_genuine_files_of_keras_2(genuine: Callable[..., Path]) -> None:
    check_genuine(genuine, "MobileNetV2", 32, {"whole": "model_weights", "weights": "root"})


@pytest.mark.slow
@pytest.mark.parametrize("name", [*FOUR, "MobileNet"])
def test_genuine_files_of_keras_2_of_every_backbone(genuine: Callable[..., Path], name: str) -> None:
    check_genuine(genuine, name, BACKBONES[name].min_size, {"whole": "model_weights", "weights": "root"})


INNER = """
import sys
import numpy as np
import tf_keras
from tf_keras.src.applications.convnext import ConvNeXt
from tf_keras.src.applications.efficientnet import EfficientNet

folder, generator = sys.argv[1], np.random.default_rng(3)
options = {"include_top": False, "pooling": "avg", "weights": None, "input_shape": (32, 32, 3)}
images = generator.uniform(0, 1, (2, 32, 32, 3)).astype("float32")
np.save(f"{folder}/images.npy", images)
models = {
    "convnext": ConvNeXt(depths=[1, 1, 2, 1], projection_dims=[8, 12, 16, 20], model_name="small", **options),
    "efficientnet": EfficientNet(0.2, 0.4, 32, depth_divisor=4, model_name="small", **options),
}
for name, model in models.items():
    for weight in model.trainable_weights:
        weight.assign(generator.normal(0, 0.3, weight.shape))
    model.save(f"{folder}/{name}.h5")
    np.save(f"{folder}/{name}.npy", model(255 * images, training=False).numpy())
"""


@pytest.mark.slow
def test_genuine_files_with_inner_models_and_a_normalization(tmp_path: Path, run_script: Any) -> None:
    """Keras 2 rescales and normalizes pixels inside; here the convention does: its features are ours all the same."""
    pytest.importorskip("tf_keras")
    run_script(INNER, str(tmp_path))
    grey = np.load(tmp_path / "images.npy")
    made = runpy.run_path(str(Path(__file__).parents[1] / "test_plain_graph.py"))
    inputs = {"convnext": (grey - MEAN) / SD, "efficientnet": grey}  # the latter's normalization is 0 and 1
    for name in inputs:
        row = Backbone(name, made[f"small_{name}"], "torch", 32, False, 0, normalizes=name == "efficientnet")
        base = network(row, 32)
        found = read_weights(tmp_path / f"{name}.h5", base, backbone=row)
        assert found.report.left_over == ()
        assert len(found.report.warnings) == (1 if row.normalizes else 0)
        assign(base, found.values)
        features = keras.ops.convert_to_numpy(base(inputs[name].astype(np.float32), training=False))
        expected = np.load(tmp_path / f"{name}.npy")
        np.testing.assert_allclose(features, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())
        write_weights(tmp_path / "mine.h5", base)
        again = read_weights(tmp_path / "mine.h5", base, backbone=row)
        assert all(np.array_equal(one, other) for one, other in zip(again.values, found.values, strict=True))


WITH_TOP = """
import sys, tf_keras
base = tf_keras.applications.MobileNetV2(include_top=False, pooling="avg", weights=None, input_shape=(32, 32, 3))
top = tf_keras.layers.Dense(2)(tf_keras.layers.Dropout(0.5)(base.output))
tf_keras.Model(base.input, top).save(sys.argv[1])
"""
LOAD = """
import sys, numpy as np, tf_keras
make = getattr(tf_keras.applications, sys.argv[1])
model = make(include_top=False, pooling="avg", weights=sys.argv[2], input_shape=(32, 32, 3))
np.save(sys.argv[4], model(np.load(sys.argv[3]), training=False).numpy())
"""


@pytest.mark.slow
def test_genuine_file_with_a_top(tmp_path: Path, run_script: Any) -> None:
    pytest.importorskip("tf_keras")
    run_script(WITH_TOP, str(tmp_path / "top.h5"))
    found = read_weights(tmp_path / "top.h5", build_base("MobileNetV2", 32, seed=1), backbone=backbone("MobileNetV2"))
    assert found.report.left_over == ("dense",)


@pytest.mark.slow
def test_files_of_keras_3(tmp_path: Path) -> None:
    base = shaken(build_base("MobileNetV2", 32, seed=1))
    base.save_weights(tmp_path / "new.weights.h5")
    (tmp_path / "new.weights.h5").rename(tmp_path / "renamed.h5")
    base.save(tmp_path / "legacy.h5")
    for file, layout in (("renamed.h5", "keras3"), ("legacy.h5", "model_weights")):
        other = build_base("MobileNetV2", 48, seed=2)
        found = read_weights(tmp_path / file, other, backbone=backbone("MobileNetV2"))
        assert found.report.layout == layout
        for value, expected in zip(found.values, values(base), strict=True):
            np.testing.assert_array_equal(value, expected)


@pytest.mark.parametrize("name", ["MobileNetV2", pytest.param("InceptionV3", marks=pytest.mark.slow)])
def test_what_is_written_is_read_by_us_and_by_keras_3(tmp_path: Path, name: str) -> None:
    size = BACKBONES[name].min_size
    base = shaken(build_base(name, size, seed=1))
    write_weights(tmp_path / "mine.h5", base)
    other = build_base(name, size, seed=2)
    for value, expected in zip(
        read_weights(tmp_path / "mine.h5", other, backbone=backbone(name)).values, values(base), strict=True
    ):
        np.testing.assert_array_equal(value, expected)
    other.load_weights(tmp_path / "mine.h5")
    assert all(np.array_equal(a, b) for a, b in zip(values(base), values(other), strict=True))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.h5"]


@pytest.mark.slow
def test_what_is_written_is_read_by_keras_2(tmp_path: Path, run_script: Any) -> None:
    pytest.importorskip("tf_keras")
    base = build_base("MobileNetV2", 32, seed=1)
    write_weights(tmp_path / "mine.h5", base)
    images = np.random.default_rng(0).uniform(-1, 1, (2, 32, 32, 3)).astype(np.float32)
    np.save(tmp_path / "images.npy", images)
    run_script(LOAD, "MobileNetV2", *(str(tmp_path / name) for name in ("mine.h5", "images.npy", "features.npy")))
    expected = keras.ops.convert_to_numpy(base(images, training=False))
    np.testing.assert_allclose(np.load(tmp_path / "features.npy"), expected, rtol=1e-4, atol=1e-4)


def test_a_file_appears_only_when_complete(tmp_path: Path, tiny_backbone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    base = build_base(tiny_backbone, 32, seed=1)
    write_weights(tmp_path / "mine.h5", base)
    before = sha256_of(tmp_path / "mine.h5")
    monkeypatch.setattr(h5py.Group, "__setitem__", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OutputError, match="disk full"):
        write_weights(tmp_path / "mine.h5", base)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.h5"]
    assert sha256_of(tmp_path / "mine.h5") == before


def test_schema_is_in_the_order_of_the_weights() -> None:
    for name in ("MobileNet", "MobileNetV2"):
        base = build_base(name, 32, seed=1)
        assert schema_of(base, backbone(name)).shapes == [tuple(weight.shape) for weight in base.weights]
    assert {layer.kind for layer in schema_of(base, backbone(name)).layers} == {
        "conv2d",
        "depthwise_conv2d",
        "batch_normalization",
    }


def test_reading_assigns_nothing(tmp_path: Path, tiny_backbone: str) -> None:
    write_weights(tmp_path / "mine.h5", shaken(build_base(tiny_backbone, 32, seed=1)))
    base = build_base(tiny_backbone, 32, seed=2)
    before = values(base)
    read_weights(tmp_path / "mine.h5", base, backbone=backbone(tiny_backbone))
    assert all(np.array_equal(a, b) for a, b in zip(values(base), before, strict=True))


@pytest.mark.parametrize("name", spoiled.FILES)
def test_what_is_no_weights_file_is_named(tmp_path: Path, tiny_backbone: str, name: str) -> None:
    base = build_base(tiny_backbone, 32, seed=1)
    path = tmp_path / "mine.h5"
    write_weights(path, base)
    reason, spoil = spoiled.FILES[name]
    spoil(path)
    with pytest.raises(WeightsError) as caught:
        read_weights(path, base, backbone=backbone(tiny_backbone))
    assert re.search(f"{path} refused {reason}", str(caught.value))
    assert "\n" not in str(caught.value)


def test_another_backbone_is_recognized(tmp_path: Path) -> None:
    write_weights(tmp_path / "other.h5", build_base("MobileNetV2", 32, seed=1))
    with pytest.raises(WeightsError, match=r"\(backbone\): .*MobileNetV2 \(104 .*MobileNet\b"):
        read_weights(tmp_path / "other.h5", build_base("MobileNet", 32, seed=1), backbone=backbone("MobileNet"))


def test_known_sum_is_read_here_and_another_one_refused(
    tmp_path: Path, tiny_backbone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = build_base(tiny_backbone, 32, seed=1)
    write_weights(tmp_path / "mine.h5", base)
    monkeypatch.setattr("radtl_tf.models.weights.file.read_apart", lambda *_: pytest.fail("read apart"))
    found = read_weights(
        tmp_path / "mine.h5", base, backbone=backbone(tiny_backbone), sha256=sha256_of(tmp_path / "mine.h5")
    )
    assert found.report.sha256 == sha256_of(tmp_path / "mine.h5")
    with pytest.raises(WeightsError, match=r"\(sha256\): "):
        read_weights(tmp_path / "mine.h5", base, backbone=backbone(tiny_backbone), sha256="0" * 64)


def flip(path: Path, generator: np.random.Generator) -> tuple[int, int]:
    """Flip one bit of a file in place; the answer flips it back."""
    place, bit = int(generator.integers(path.stat().st_size)), 1 << int(generator.integers(8))
    flip_back(path, place, bit)
    return place, bit


def flip_back(path: Path, place: int, bit: int) -> None:
    with path.open("r+b") as file:
        file.seek(place)
        (byte,) = file.read(1)
        file.seek(place)
        file.write(bytes([byte ^ bit]))


def damaged(path: Path, number: int) -> Iterator[str]:
    """Damage a file in ``number`` ways, half flipped bits and half truncations, and yield the kind of damage."""
    generator = np.random.default_rng(11)
    for _ in range(number // 2):
        undo = flip(path, generator)
        yield "flipped"
        flip_back(path, *undo)
    for size in sorted(generator.integers(path.stat().st_size, size=number // 2).tolist(), reverse=True):
        os.truncate(path, size)
        yield "truncated"


def test_damage_is_never_loaded_where_the_sum_is_known(tmp_path: Path, tiny_backbone: str) -> None:
    base = build_base(tiny_backbone, 32, seed=1)
    path = tmp_path / "mine.h5"
    write_weights(path, base)
    known = sha256_of(path)
    reasons = set()
    for _ in damaged(path, 200):
        with pytest.raises(WeightsError) as caught:
            read_weights(path, base, backbone=backbone(tiny_backbone), sha256=known)
        reasons.add(str(caught.value).split("refused ")[1].split(":")[0])
    assert reasons <= {"(sha256)", "(not HDF5)"}


@pytest.mark.slow
@pytest.mark.real
def test_damaged_real_weights_are_refused_by_their_sum_else_at_most_one_number_differs(
    tmp_path: Path, real_folder: Path
) -> None:
    """A flipped bit of one number cannot be detected in a file with unknown sha256; all other damage can."""
    path = tmp_path / "real.h5"
    shutil.copyfile(real_folder / "weights" / "ImageNet-ResNet50_notop.h5", path)
    base = build_base("ResNet50", 32, seed=1)
    sound = read_weights(path, base, backbone=backbone("ResNet50"))
    loaded = 0
    for damage in damaged(path, 200):
        with pytest.raises(WeightsError, match=r"refused \((sha256|not HDF5)\)"):
            read_weights(path, base, backbone=backbone("ResNet50"), sha256=sound.report.sha256)
        try:
            found = read_weights(path, base, backbone=backbone("ResNet50"))
        except WeightsError as error:
            assert "refused (" in str(error)
            continue
        loaded += 1
        assert damage == "flipped"
        assert all(np.isfinite(value).all() for value in found.values)
        assert sum(int((a != b).sum()) for a, b in zip(found.values, sound.values, strict=True)) <= 1
    assert 90 <= loaded <= 100  # nearly all bytes of such a file are numbers


@pytest.mark.real
def test_real_weights_are_read(real_folder: Path) -> None:
    path = real_folder / "weights" / "ImageNet-ResNet50_notop.h5"
    base = build_base("ResNet50", 32, seed=1)
    found = read_weights(path, base, backbone=backbone("ResNet50"))
    assert len(found.report.matched) == 106
    known = read_weights(path, base, backbone=backbone("ResNet50"), sha256=found.report.sha256)
    assert all(np.array_equal(a, b) for a, b in zip(found.values, known.values, strict=True))


def test_a_file_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    base = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    (tmp_path / "occupied").write_text("")
    with pytest.raises(OutputError, match="occupied"):
        write_weights(tmp_path / "occupied" / "own.h5", base)
    write_weights(tmp_path / "new folder" / "own.h5", base)
    assert [path.name for path in (tmp_path / "new folder").iterdir()] == ["own.h5"]
