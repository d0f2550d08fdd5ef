"""A vision transformer written as a folder: read again with the same values, with the names of ``transformers``."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
from safetensors.numpy import load_file

from radtl_tf.models.backbones import BACKBONES, build_base
from radtl_tf.models.weights.preset_folder import preset_config
from radtl_tf.models.weights.transformer_weights import read_start
from radtl_tf.models.weights.transformer_writer import write_transformer

oracle = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "vit_oracle.py")))


def test_what_is_written_is_read_again(tiny_transformer: str, tmp_path: Path) -> None:
    base, row = build_base(tiny_transformer, 70, seed=3), BACKBONES[tiny_transformer]
    assert row.transformer is not None
    write_transformer(tmp_path / "model.safetensors", base, row.transformer)
    (tmp_path / "config.json").write_text(json.dumps(preset_config(row.transformer, 70)))
    found = read_start(tmp_path, base, backbone=row).values
    for value, weight in zip(found, base.weights, strict=True):
        np.testing.assert_array_equal(value, keras.ops.convert_to_numpy(weight))
    shapes = {name: value.shape for name, value in load_file(tmp_path / "model.safetensors").items()}
    wanted = {name: value.shape for name, value in oracle.state().items() if name != "embeddings.mask_token"}
    assert shapes == wanted
