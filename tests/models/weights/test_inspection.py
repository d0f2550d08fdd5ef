from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from radtl_tf.data.decoding.images import decode
from radtl_tf.data.manifest.folders import image_files
from radtl_tf.data.preprocessing.resizing import preprocess
from radtl_tf.errors import ExperimentError, WeightsError
from radtl_tf.models.backbones import BACKBONES, backbone, build_base
from radtl_tf.models.pixels import convention, to_network
from radtl_tf.models.weights import catalogue as weight_catalogue
from radtl_tf.models.weights.catalogue import CatalogueRow, sha256_of
from radtl_tf.models.weights.file import read_weights, write_weights
from radtl_tf.models.weights.inspection import GOLDEN_SIZE, golden_image, verify
from radtl_tf.models.weights.sources import assign


@pytest.fixture
def sound_file(tmp_path: Path, tiny_backbone: str) -> Path:
    """Write weights of the tiny backbone."""
    write_weights(tmp_path / "mine.h5", build_base(tiny_backbone, 32, seed=7))
    return tmp_path / "mine.h5"


def publish(monkeypatch: pytest.MonkeyPatch, backbone: str, sha256: str | None, pixels: str) -> None:
    row = CatalogueRow("known", ("mine.h5",), backbone, "file", sha256, pixels, "CC-BY-4.0", "", "ask the author")
    monkeypatch.setattr(weight_catalogue, "catalogue", lambda: (row,))


def test_golden_image_is_grey_and_tells_its_sides_apart() -> None:
    image = golden_image()
    assert image.shape == (1, GOLDEN_SIZE, GOLDEN_SIZE, 1) and image.dtype == np.float32
    assert 0 <= image.min() < 0.01 and 0.99 < image.max() <= 1
    picture = image[0, :, :, 0]
    for other in (picture.T, picture[::-1], picture[:, ::-1]):
        assert not np.allclose(picture, other, atol=0.1)
    assert all(row.min_size <= GOLDEN_SIZE for row in BACKBONES.values())


def test_a_sound_file_of_ones_own(sound_file: Path, tiny_backbone: str) -> None:
    found = verify(sound_file, tiny_backbone)
    base = build_base(tiny_backbone, GOLDEN_SIZE, seed=7)
    assert (len(found.report.matched), found.num_tensors) == (6, len(base.weights))
    assert found.num_parameters == base.count_params()
    assert (found.published, found.known_by, found.warnings) == (None, None, ())
    features = keras.ops.convert_to_numpy(base(np.repeat(golden_image(), 3, -1) * 2 - 1, training=False))  # "tf"
    assert found.golden.pixels == BACKBONES[tiny_backbone].pixels == "tf"
    np.testing.assert_allclose(found.golden.mean, features.mean(), rtol=1e-4)
    np.testing.assert_allclose(found.golden.sd, features.std(), rtol=1e-4)
    np.testing.assert_allclose(found.golden.first, features[0, :4], rtol=1e-4)


def test_golden_output_depends_on_the_weights_alone(sound_file: Path, tmp_path: Path, tiny_backbone: str) -> None:
    write_weights(tmp_path / "other.h5", build_base(tiny_backbone, 32, seed=8))
    first, other, again = (verify(tmp_path / file, tiny_backbone).golden for file in ("mine.h5", "other.h5", "mine.h5"))
    assert first == again
    assert abs(first.mean - other.mean) > 1e-3 * abs(first.mean)


@pytest.mark.parametrize("sound", [True, False])
def test_a_file_that_the_catalogue_knows_gets_its_convention(
    sound_file: Path, tiny_backbone: str, monkeypatch: pytest.MonkeyPatch, sound: bool
) -> None:
    own = verify(sound_file, tiny_backbone).golden
    publish(monkeypatch, tiny_backbone, sha256_of(sound_file) if sound else "0" * 64, "caffe")
    found = verify(sound_file, tiny_backbone)
    assert found.golden.pixels == "caffe" and found.golden.mean > 2 * own.mean
    assert found.known_by == ("sum" if sound else "name")
    assert len(found.warnings) == (0 if sound else 1)
    assert sound or "0" * 64 in found.warnings[0]


def test_it_is_json(sound_file: Path, tiny_backbone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(monkeypatch, tiny_backbone, None, "tf")
    record = json.loads(json.dumps(verify(sound_file, tiny_backbone).as_dict()))
    assert record["catalogue"] == {
        "name": "known",
        "known_by": "name",
        "pixels": "tf",
        "license": "CC-BY-4.0",
    }
    assert record["conventions"] is None
    assert record["matched"] == ["conv1", "bn1", "conv2", "bn2", "conv3", "bn3"]
    assert record["sha256"] == sha256_of(sound_file)
    assert {"layout", "keras_version", "tensors", "parameters", "left_over", "warnings", "golden"} <= set(record)


def test_images_are_scored_with_the_weights_of_the_file(
    tmp_path: Path, tiny_backbone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    grey = np.random.default_rng(0).uniform(0, 1, (6, 40, 40, 1)).astype(np.float32)
    base = build_base(tiny_backbone, 40, seed=7)
    for layer in base.layers:
        layer.momentum = 0.0  # the moving statistics are those of the last batch
    base(to_network(grey, convention("torch")), training=True)
    write_weights(tmp_path / "mine.h5", base)
    publish(monkeypatch, tiny_backbone, None, "caffe")
    found = verify(tmp_path / "mine.h5", tiny_backbone, grey)
    assert found.conventions is not None
    assert (found.conventions.best, found.conventions.declared, found.conventions.agrees) == ("torch", "caffe", False)
    assert found.golden == verify(tmp_path / "mine.h5", tiny_backbone).golden
    record = json.loads(json.dumps(found.as_dict()))["conventions"]
    assert (record["best"], record["num_images"], record["image_size"]) == ("torch", 6, 40)


def test_features_that_are_not_finite_are_refused(tmp_path: Path, tiny_backbone: str) -> None:
    base = build_base(tiny_backbone, 32, seed=7)
    kernel = base.get_layer("conv2").kernel
    kernel.assign(keras.ops.full(kernel.shape, 3e38))  # finite, but its products overflow
    write_weights(tmp_path / "bad.h5", base)
    with pytest.raises(WeightsError, match=r"bad\.h5 refused \(not finite\): .*features"):
        verify(tmp_path / "bad.h5", tiny_backbone)


def test_what_is_wrong_is_refused(tmp_path: Path, sound_file: Path, tiny_backbone: str) -> None:
    with pytest.raises(ExperimentError, match="'ResNet50'"):
        verify(sound_file, "ResNet5")
    with pytest.raises(WeightsError, match=r"refused \(backbone\): .*Tiny"):
        verify(sound_file, "MobileNetV2")
    sound_file.write_bytes(sound_file.read_bytes()[:5000])
    with pytest.raises(WeightsError, match=r"refused \(not HDF5\)"):
        verify(sound_file, tiny_backbone)


@pytest.mark.real
def test_imagenet_weights_give_what_keras_own_road_gives(real_folder: Path) -> None:
    file = real_folder / "weights" / "ImageNet-ResNet50_notop.h5"
    found = verify(file, "ResNet50")
    model: Any = keras.applications.ResNet50(include_top=False, pooling="avg", weights=None, input_shape=(96, 96, 3))
    model.load_weights(file)
    rgb = np.repeat(golden_image() * 255, 3, -1)
    features = keras.ops.convert_to_numpy(model(keras.applications.resnet50.preprocess_input(rgb), training=False))
    np.testing.assert_allclose((found.golden.mean, found.golden.sd), (features.mean(), features.std()), rtol=1e-3)
    np.testing.assert_allclose(found.golden.first, features[0, :4], rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose((found.golden.mean, found.golden.sd), (0.7909, 2.002), rtol=1e-3)


@pytest.mark.real
def test_features_of_real_radiographs_are_those_of_keras_own_loader(real_folder: Path) -> None:
    """``keras.applications`` with ``weights=`` loads by order only; our reader matches names and checks the file."""
    file = real_folder / "weights" / "ImageNet-ResNet50_notop.h5"
    films = image_files([real_folder / "data" / "chest400" / "images"])[::50]
    grey = np.stack([preprocess(decode(film).pixels, 224, "pad").numpy() for film in films])
    ours = build_base("ResNet50", 224, seed=1)
    assign(ours, read_weights(file, ours, backbone=backbone("ResNet50")).values)
    theirs = keras.applications.ResNet50(include_top=False, pooling="avg", weights=str(file), input_shape=(224, 224, 3))
    rgb = keras.applications.resnet50.preprocess_input(np.repeat(grey * 255, 3, -1))
    features, expected = (
        keras.ops.convert_to_numpy(model(images, training=False))
        for model, images in ((ours, to_network(grey, convention("caffe"))), (theirs, rgb))
    )
    assert features.shape == (len(films), 2048)
    np.testing.assert_allclose(features, expected, rtol=1e-4, atol=1e-4)
