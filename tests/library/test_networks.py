from __future__ import annotations

import runpy
import socket
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from radtl_tf.errors import ExperimentError, WeightsError
from radtl_tf.library.networks import found_weights, verified_backbone
from radtl_tf.models.backbones import build_base
from radtl_tf.models.weights.file import write_weights

oracle = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "models" / "vit_oracle.py")))


@pytest.fixture
def file(tmp_path: Path, tiny_backbone: str) -> Path:
    write_weights(tmp_path / "mine.h5", build_base(tiny_backbone, 32, seed=5))
    return tmp_path / "mine.h5"


def equal(first: keras.Model, second: keras.Model) -> bool:
    pairs = zip(first.get_weights(), second.get_weights(), strict=True)
    return all(np.array_equal(a, b) for a, b in pairs)


def test_a_file_becomes_a_plain_model(file: Path, tiny_backbone: str, tmp_path: Path) -> None:
    base = verified_backbone(tiny_backbone, file, "zero_one", 32, seed=0)
    assert type(base).__module__.startswith("keras.")
    assert (base.input_shape, base.output_shape, base.pixels) == ((None, 32, 32, 3), (None, 12), "zero_one")
    assert equal(base, build_base(tiny_backbone, 32, seed=5))
    assert all(layer.trainable for layer in base.layers)
    base.save(tmp_path / "base.keras")
    assert equal(keras.models.load_model(tmp_path / "base.keras"), base)


def test_a_file_needs_its_pixels_unless_its_record_names_them(file: Path, tiny_backbone: str) -> None:
    with pytest.raises(ExperimentError, match="caffe, torch, tf, tf128, zero_one, radimagenet"):
        found_weights(tiny_backbone, str(file), None)
    file.with_name("mine.h5.json").write_text('{"pixels": "torch"}', encoding="utf-8")
    assert found_weights(tiny_backbone, str(file), None).pixels == "torch"


def test_a_folder_becomes_a_plain_model(tiny_transformer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    oracle.write_folder(tmp_path / "mine")
    with pytest.raises(ExperimentError, match="caffe"):
        found_weights(tiny_transformer, tmp_path / "mine", None)
    monkeypatch.chdir(tmp_path)
    base = verified_backbone(tiny_transformer, "mine", "tf", 70, seed=0)  # the name of a folder is enough
    assert base.pixels == "tf"
    np.testing.assert_allclose(base.predict_on_batch(oracle.images(70)), oracle.expected()[70], atol=1e-5)
    with pytest.raises(WeightsError, match="not a folder"):
        found_weights(tiny_transformer, tmp_path / "mine" / "model.safetensors", "tf")


def test_none_is_random_as_in_keras(tiny_backbone: str) -> None:
    bases = [verified_backbone(tiny_backbone, weights, None, 32, seed=3) for weights in (None, "random")]
    assert equal(*bases)
    assert bases[0].pixels == "tf"


def test_what_is_wrong_is_one_line(file: Path, tiny_backbone: str, tmp_path: Path) -> None:
    with pytest.raises(ExperimentError):
        found_weights("ResNet51", None, None)
    with pytest.raises(ExperimentError):
        found_weights(tiny_backbone, "imagnet", None)
    with pytest.raises(ExperimentError):
        found_weights(tiny_backbone, file, "gray")
    with pytest.raises(WeightsError):
        found_weights(tiny_backbone, tmp_path / "lost.h5", None)
    (tmp_path / "page.h5").write_text("<html>", encoding="utf-8")
    with pytest.raises(WeightsError) as caught:
        verified_backbone(tiny_backbone, tmp_path / "page.h5", "tf", 32, seed=0)
    assert "\n" not in str(caught.value)


def test_without_a_connection_imagenet_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise OSError("no network")

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("RADTL_WEIGHTS", str(tmp_path))
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(WeightsError) as caught:
        verified_backbone("MobileNet", "imagenet", None, 32, seed=0)
    assert "\n" not in str(caught.value)
