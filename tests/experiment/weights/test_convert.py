"""A converted file holds the same tensors in the layout used here, and a record of where they come from."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from safetensors.numpy import save_file

from radtl_tf.errors import ExperimentError, OutputError, WeightsError
from radtl_tf.experiment.weights.convert import convert_weights
from radtl_tf.models.backbones import backbone, build_base
from radtl_tf.models.weights.catalogue import sha256_of
from radtl_tf.models.weights.file import read_weights
from radtl_tf.models.weights.pytorch import pytorch_schema
from radtl_tf.models.weights.pytorch_names import MODULES


@pytest.fixture
def keras3(tmp_path: Path, tiny_backbone: str) -> tuple[Path, keras.Model]:
    """Write weights in the layout of Keras 3, with a top; return the file and the backbone."""
    base = build_base(tiny_backbone, 32, seed=7)
    top = keras.layers.Dense(2, name="top")(base.output)
    keras.Model(base.input, top).save_weights(tmp_path / "mine.weights.h5")
    return tmp_path / "mine.weights.h5", base


def test_a_file_of_keras_3_with_a_top_becomes_native(
    keras3: tuple[Path, keras.Model], tmp_path: Path, tiny_backbone: str
) -> None:
    file, base = keras3
    record = convert_weights(file, tiny_backbone, tmp_path / "native.h5", pixels="tf")
    with h5py.File(tmp_path / "native.h5") as written:
        assert "model_weights" in written
    again = read_weights(tmp_path / "native.h5", base, backbone=backbone(tiny_backbone))
    assert (again.report.layout, again.report.left_over) == ("model_weights", ())
    for value, weight in zip(again.values, base.get_weights(), strict=True):
        np.testing.assert_array_equal(value, weight)
    assert record == json.loads((tmp_path / "native.h5.json").read_text())
    assert (record["pixels"], record["sha256"]) == ("tf", again.report.sha256)
    assert (record["converted"]["layout"], len(record["converted"]["left_out"])) == ("keras3", 1)


def test_what_cannot_be_converted_writes_nothing(
    keras3: tuple[Path, keras.Model], tmp_path: Path, tiny_backbone: str
) -> None:
    with pytest.raises(ExperimentError):
        convert_weights(keras3[0], tiny_backbone, tmp_path / "a.h5")  # which pixels?
    with pytest.raises(ExperimentError):
        convert_weights(keras3[0], tiny_backbone, tmp_path / "a.h5", pixels="tff")
    with pytest.raises(OutputError):
        convert_weights(keras3[0], tiny_backbone, tmp_path / "a.weights.h5", pixels="tf")
    (tmp_path / "a.h5.json").write_text("{}")
    with pytest.raises(OutputError):
        convert_weights(keras3[0], tiny_backbone, tmp_path / "a.h5", pixels="tf")
    assert not (tmp_path / "a.h5").exists()


def test_a_file_of_pytorch_becomes_native(
    tmp_path: Path, tiny_backbone: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(MODULES, tiny_backbone, str)
    base = build_base(tiny_backbone, 32, seed=7)
    schema = pytorch_schema(base, backbone(tiny_backbone))
    names = [f"{layer.name}.{name}" for layer in schema.layers for name, _ in layer.tensors]
    values = [np.full(shape, place + 1, np.float16) for place, shape in enumerate(schema.shapes)]
    file = tmp_path / "mine.safetensors"
    save_file({**dict(zip(names, values, strict=True)), "fc.weight": np.ones((2, 12), np.float32)}, file)
    with caplog.at_level("INFO", "radtl_tf"):
        record = convert_weights(file, tiny_backbone, tmp_path / "native.h5", pixels="torch")
    again = read_weights(tmp_path / "native.h5", base, backbone=backbone(tiny_backbone))
    for value, expected, shape in zip(again.values, values, [weight.shape for weight in base.weights], strict=True):
        np.testing.assert_array_equal(value, np.full(shape, expected.flat[0], np.float32))
    origin = record["converted"]
    assert (origin["file"], origin["sha256"], origin["layout"]) == ("mine.safetensors", sha256_of(file), "pytorch")
    assert origin["left_out"] == ["fc"] and origin["date"].startswith("20")
    assert (record["backbone"], record["pixels"]) == (tiny_backbone, "torch")
    assert "'fc'" in caplog.text and "F16" in caplog.text


def test_a_pickle_writes_nothing(tmp_path: Path, tiny_backbone: str) -> None:
    (tmp_path / "mine.pth").write_bytes(b"PK\x03\x04")
    with pytest.raises(WeightsError):
        convert_weights(tmp_path / "mine.pth", tiny_backbone, tmp_path / "a.h5", pixels="torch")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.pth"]


def test_a_folder_of_a_vision_transformer_needs_no_conversion(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"files\.DINOv2Small"):
        convert_weights(tmp_path / "model.safetensors", "DINOv2Small", tmp_path / "a.h5", pixels="torch")
