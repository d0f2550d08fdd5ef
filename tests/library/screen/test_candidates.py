"""From names, files and folders to candidates."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from radtl_tf.errors import DataError, ExperimentError, WeightsError
from radtl_tf.library.data.dataset import Dataset
from radtl_tf.library.screen.candidates import candidates_from

oracle = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[2] / "models" / "vit_oracle.py")))


def places(data: Dataset, weights: Any, backbones: Any, **given: Any) -> list[tuple[str, str, str]]:
    settings = {"pixels": None, "features": {}, "image_size": 224, **given}
    return [(one.backbone, one.name, one.pixels) for one in candidates_from(data, weights, backbones, **settings)]


def test_a_name_takes_every_backbone_that_it_has_a_file_for(data: Dataset, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "radtl_tf"):
        found = places(data, ["imagenet", "random"], ["ResNet50", "DINOv2Small"])
    assert found == [
        ("ResNet50", "imagenet", "caffe"),
        ("ResNet50", "random", "caffe"),
        ("DINOv2Small", "random", "torch"),
    ]
    assert "DINOv2Small" in caplog.text


def test_a_pair_takes_its_backbone_and_nothing_is_listed_twice(data: Dataset) -> None:
    found = places(data, ["random", ("MobileNet", "random"), ("ResNet50", "random")], ["ResNet50"])
    assert found == [("ResNet50", "random", "caffe"), ("MobileNet", "random", "tf")]


def test_a_folder_says_its_backbone_and_pixels(data: Dataset, tmp_path: Path, tiny_transformer: str) -> None:
    oracle.write_folder(tmp_path / "vit")
    pixels = {"image_mean": [0.5] * 3, "image_std": [0.25] * 3}
    (tmp_path / "vit" / "preprocessor_config.json").write_text(json.dumps(pixels))
    found = places(data, [tmp_path / "vit", "random"], [tiny_transformer], image_size=42)
    assert found == [(tiny_transformer, "vit", "mean0.5sd0.25"), (tiny_transformer, "random", "torch")]
    oracle.write_folder(tmp_path / "vit", hidden_size=25)
    with pytest.raises(WeightsError, match="hidden_size = 25"):
        places(data, [tmp_path / "vit", "random"], [tiny_transformer], image_size=42)


def test_a_file_says_its_backbone_or_it_is_the_only_one(data: Dataset, weights_file: Path, tiny_backbone: str) -> None:
    given: dict[str, Any] = {"image_size": 32}
    asked = [weights_file, "random"]
    known = (tiny_backbone, "mine", "caffe")
    assert places(data, asked, [tiny_backbone], pixels="caffe", **given)[0] == known
    with pytest.raises(ExperimentError, match="backbone"):
        places(data, asked, [tiny_backbone, "ResNet50"], pixels="caffe", **given)
    named = [(tiny_backbone, weights_file), "random"]
    assert places(data, named, [tiny_backbone, "ResNet50"], pixels="caffe", **given)[0] == known
    with pytest.raises(ExperimentError, match="pixels"):
        places(data, asked, [tiny_backbone], **given)
    record = weights_file.with_name("mine.h5.json")
    record.write_text(json.dumps({"backbone": tiny_backbone, "pixels": "tf"}))
    try:
        assert places(data, asked, ["ResNet50", tiny_backbone], **given)[0] == (tiny_backbone, "mine", "tf")
        with pytest.raises(ExperimentError, match="no effect"):
            places(data, asked, [tiny_backbone], pixels="caffe", **given)
    finally:
        record.unlink()


def test_wrong_candidates_are_refused(data: Dataset, tiny_backbone: str) -> None:
    for weights, backbones, given in (
        ("random", ["ResNet50"], {}),
        (["random"], ["ResNet50"], {}),
        (["random", "imagnet"], ["ResNet50"], {}),
        (["random", "imagenet"], ["ResNt50"], {}),
        (["random"], ["ResNet50", tiny_backbone], {"image_size": 8}),
    ):
        with pytest.raises(ExperimentError):
            places(data, weights, backbones, **given)
    with pytest.raises(WeightsError):
        places(data, ["random", "lost/mine.h5"], ["ResNet50"], pixels="tf")
    with pytest.raises(DataError):
        places(data, ["random"], ["ResNet50"], features={"short": np.zeros((3, 2))})
    with pytest.raises(DataError):
        places(data, ["random"], ["ResNet50"], features={"damaged": np.full((62, 2), np.nan)})
