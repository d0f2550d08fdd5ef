"""The table of ``benchmarks/encoders.py``: every backbone in every tuning, without exports."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import keras
import pytest

from radtl_tf.models.backbones import BACKBONES, backbone, network

SAME_FAMILY = (  # checked by their numbers of layers; PyTorch's graphs also by their features (test_pytorch.py)
    *("ConvNeXtBase", "EfficientNetV2S", "MobileNet", "MobileNet050"),
    *("ResNet50Torch", "InceptionV3Torch"),
    *(name for name in BACKBONES if name.startswith("DINOv2")),  # models/test_vit.py checks small ones
)
ROWS = [name for name in BACKBONES if name not in SAME_FAMILY and name != "MobileNet025"]


@pytest.fixture(scope="module")
def encoders() -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(Path(__file__).resolve().parents[2] / "benchmarks"))
        return importlib.import_module("encoders")


@pytest.mark.parametrize("name", ["MobileNet025", *(pytest.param(name, marks=pytest.mark.slow) for name in ROWS)])
def test_a_backbone_is_right_in_every_tuning(name: str, encoders: ModuleType) -> None:
    encoder = encoders.Encoder(name)
    whole = encoder.whole()
    assert encoders.is_right(whole), whole
    assert (whole.layers, whole.names) == (backbone(name).num_layers, True)
    for tuning in ("top10", "topK3", "full"):
        row = encoder.tuned(tuning)
        assert encoders.is_right_in(row), (name, row)
    keras.backend.clear_session()


@pytest.mark.slow
@pytest.mark.parametrize("name", SAME_FAMILY)
def test_the_larger_ones_of_a_family_have_their_number_of_layers(name: str) -> None:
    row = backbone(name)
    size = row.transformer.patch if row.transformer else row.min_size
    assert sum(bool(layer.weights) for layer in network(row, size).layers) == row.num_layers


def test_a_wrong_row_is_seen(encoders: ModuleType) -> None:
    right = {"learning": 2, "without": 0, "moved": 0, "unmoved": 0, "compose": 0.0, "again": True, "order": True}
    row = encoders.Tuned("full", **right, export=float("nan"))
    assert encoders.is_right_in(row)
    wrong = {"learning": 0, "without": 178, "moved": 1, "unmoved": 1, "compose": 1e-3, "again": False, "order": False}
    for name, value in wrong.items():
        assert not encoders.is_right_in(encoders.Tuned("full", **(right | {name: value}), export=0.0)), name
    assert not encoders.is_right_in(encoders.Tuned("full", **right, export=0.1))
