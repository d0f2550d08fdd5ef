from __future__ import annotations

import json
import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from radtl_tf.errors import WeightsError
from radtl_tf.models.backbones import transformer_row
from radtl_tf.models.vit import Transformer
from radtl_tf.models.weights.preset_folder import backbone_of, preset_pixels, preset_weights, trained_grid

oracle = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "vit_oracle.py")))
SIZE = Transformer(width=24, depth=2, heads=3)
ROW = transformer_row("TinyViT", SIZE)


def write(folder: Path, name: str, content: Any) -> Path:
    text = content if isinstance(content, str) else json.dumps(content)
    (folder / name).write_text(text)
    return folder


def test_a_folder_of_the_backbone_is_accepted(tmp_path: Path) -> None:
    write(tmp_path, "config.json", oracle.CONFIG)
    (tmp_path / "model.safetensors").touch()
    assert preset_weights(tmp_path, ROW, SIZE) == tmp_path / "model.safetensors"
    assert trained_grid(tmp_path, ROW, SIZE) == 5


@pytest.mark.parametrize(
    "changes",
    [
        {"model_type": "vit"},
        {"model_type": "dinov2_with_registers"},
        {"hidden_size": 48},
        {"num_hidden_layers": 3},
        {"num_attention_heads": 4},
        {"patch_size": 16},
        {"mlp_ratio": 2},
        {"use_swiglu_ffn": True},
        {"hidden_act": "relu"},
        {"qkv_bias": False},
        {"image_size": "large"},
        {"image_size": 10**9},
        {"image_size": 13},
    ],
    ids=str,
)
def test_the_configuration_of_another_network_is_refused(changes: dict[str, Any], tmp_path: Path) -> None:
    write(tmp_path, "config.json", oracle.CONFIG | changes)
    (tmp_path / "model.safetensors").touch()
    with pytest.raises(WeightsError) as caught:
        preset_weights(tmp_path, ROW, SIZE)
    ((key, value),) = changes.items()
    assert str(value) in str(caught.value)
    assert key in str(caught.value) or key == "model_type"
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", ["", "[]", "{", "[" * 100_000, " " * 2_000_000], ids=len)
def test_a_file_that_is_no_configuration_is_refused(content: str, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"config\.json"):
        trained_grid(write(tmp_path, "config.json", content), ROW, SIZE)


def test_a_folder_that_is_no_preset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="not a folder"):
        preset_weights(tmp_path / "model.safetensors", ROW, SIZE)
    with pytest.raises(WeightsError, match=r"no config\.json"):
        preset_weights(tmp_path, ROW, SIZE)
    write(tmp_path, "config.json", oracle.CONFIG)
    with pytest.raises(WeightsError, match=r"no model\.safetensors"):
        preset_weights(tmp_path, ROW, SIZE)
    (tmp_path / "pytorch_model.bin").touch()
    with pytest.raises(WeightsError, match="pickle"):
        preset_weights(tmp_path, ROW, SIZE)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ({"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}, "torch"),
        ({"image_mean": [0.5] * 3, "image_std": [0.5] * 3, "rescale_factor": 0.00392156862745098}, "tf"),
        ({"do_normalize": False}, "zero_one"),
        ({"image_mean": [0.5307] * 3, "image_std": [0.2583] * 3}, "mean0.5307sd0.2583"),
    ],
)
def test_pixels_are_those_of_the_folder(content: dict[str, Any], name: str, tmp_path: Path) -> None:
    assert preset_pixels(tmp_path) is None
    assert preset_pixels(write(tmp_path, "preprocessor_config.json", content)) == name


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"image_mean": [0.5] * 3},
        {"image_mean": [0.5] * 3, "image_std": [0.0] * 3},
        {"image_mean": [0.5] * 2, "image_std": [0.5] * 2},
        {"image_mean": [127.0] * 3, "image_std": [50.0] * 3},
        {"image_mean": "x", "image_std": "y"},
        {"image_mean": [0.5] * 3, "image_std": [0.5] * 3, "rescale_factor": 1},
        {"image_mean": [0.5] * 3, "image_std": [0.5] * 3, "do_rescale": False},
    ],
    ids=str,
)
def test_pixels_that_cannot_be_used_are_refused(content: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"preprocessor_config\.json"):
        preset_pixels(write(tmp_path, "preprocessor_config.json", content))


def test_the_backbone_of_a_folder_is_found_by_its_numbers(tmp_path: Path) -> None:
    oracle.write_folder(tmp_path, hidden_size=768, num_hidden_layers=12, num_attention_heads=12)
    assert backbone_of(tmp_path) == "DINOv2Base"
    oracle.write_folder(tmp_path, hidden_size=1024)
    with pytest.raises(WeightsError, match="hidden_size = 1024"):
        backbone_of(tmp_path)
