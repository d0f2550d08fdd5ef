"""A converted file holds the same tensors in the layout used here, and a record of where they come from."""

from __future__ import annotations

import json
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest

from radtl_tf.errors import ExperimentError, OutputError
from radtl_tf.experiment.weights.convert import convert_weights
from radtl_tf.models.backbones import backbone, build_base
from radtl_tf.models.weights.file import read_weights


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
