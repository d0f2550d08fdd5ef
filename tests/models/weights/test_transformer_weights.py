from __future__ import annotations

import json
import runpy
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from radtl_tf.errors import ExperimentError, WeightsError
from radtl_tf.models.backbones import BACKBONES, build_base
from radtl_tf.models.pixels import convention
from radtl_tf.models.weights.inspection import verify
from radtl_tf.models.weights.sources import initialize, resolve
from radtl_tf.models.weights.transformer_weights import read_start, resized_positions
from radtl_tf.records.experiment import WeightsEntry

oracle = SimpleNamespace(**runpy.run_path(str(Path(__file__).parents[1] / "vit_oracle.py")))


@pytest.fixture
def folder(tmp_path: Path, tiny_transformer: str) -> Iterator[Path]:
    """Write the small DINOv2 as ``transformers`` does; the backbone ``TinyViT`` has its size."""
    oracle.write_folder(tmp_path / "vit")
    yield tmp_path / "vit"


def features(base: keras.Model, size: int) -> np.ndarray:
    return base.predict_on_batch(oracle.images(size))


@pytest.mark.parametrize("size", oracle.SIZES)
def test_features_are_those_of_transformers(size: int, folder: Path) -> None:
    base = build_base("TinyViT", size, seed=0)
    record = resolve(
        "mine", "TinyViT", entries={"mine": WeightsEntry(files={"TinyViT": folder}, pixels="torch")}, folder=folder
    )
    initialize(base, record, seed=0)
    np.testing.assert_allclose(features(base, size), oracle.expected()[size], atol=1e-5)
    assert record.file == folder / "model.safetensors"
    assert record.sha256 is not None and len(record.sha256) == 64


def test_a_classifier_with_a_prefix_is_understood_and_its_head_left_out(folder: Path) -> None:
    state = {f"dinov2.{name}": value for name, value in oracle.state().items()}
    save_file({**state, "classifier.weight": np.ones((2, 48), np.float32)}, folder / "model.safetensors")
    base = build_base("TinyViT", 70, seed=0)
    found = read_start(folder, base, backbone=BACKBONES["TinyViT"])
    assert found.report.left_over == ("classifier",)
    for weight, value in zip(base.weights, found.values, strict=True):
        assert tuple(weight.shape) == value.shape
        weight.assign(value)
    np.testing.assert_allclose(features(base, 70), oracle.expected()[70], atol=1e-5)


def spoil_shape(state: dict[str, np.ndarray]) -> None:
    state["embeddings.position_embeddings"] = state["embeddings.position_embeddings"][:, :-1].copy()


def spoil_number(state: dict[str, np.ndarray]) -> None:
    state["layernorm.bias"][3] = np.nan


def spoil_missing(state: dict[str, np.ndarray]) -> None:
    del state["encoder.layer.1.mlp.fc2.bias"]


def spoil_more(state: dict[str, np.ndarray]) -> None:
    state["embeddings.register_tokens"] = np.ones((1, 4, 24), np.float32)


@pytest.mark.parametrize(
    ("spoil", "code"),
    [(spoil_shape, "shape"), (spoil_number, "not finite"), (spoil_missing, "missing"), (spoil_more, "names")],
)
def test_tensors_that_do_not_fit_are_refused(spoil: object, code: str, folder: Path) -> None:
    state = load_file(folder / "model.safetensors")
    spoil(state)  # type: ignore[operator]
    save_file(state, folder / "model.safetensors")
    with pytest.raises(WeightsError, match=rf"\({code}\)"):
        read_start(folder, build_base("TinyViT", 42, seed=0), backbone=BACKBONES["TinyViT"])


def test_resized_positions_keep_a_constant_and_their_order() -> None:
    constant = np.full((25, 2), 0.3, np.float32)
    np.testing.assert_allclose(resized_positions(constant, 8, 4), np.full((32, 2), 0.3), atol=1e-6)
    rows = np.repeat(np.arange(5, dtype=np.float32), 5)[:, None]
    smaller = resized_positions(rows, 3, 3).reshape(3, 3)
    assert np.ptp(smaller, axis=1).max() < 1e-6  # columns do not mix
    np.testing.assert_allclose(smaller[1], 2, atol=1e-6)
    assert 0 < smaller[0, 0] < 1 and 3 < smaller[2, 0] < 4
    assert resized_positions(rows, 5, 5) is rows


def test_pixels_come_from_the_folder(folder: Path) -> None:
    text = {"do_normalize": True, "image_mean": [0.5307] * 3, "image_std": [0.2583] * 3, "rescale_factor": 1 / 255}
    entries = {"mine": WeightsEntry(files={"TinyViT": folder})}
    with pytest.raises(ExperimentError, match="pixel convention"):
        resolve("mine", "TinyViT", entries=entries, folder=folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(text))
    record = resolve("mine", "TinyViT", entries=entries, folder=folder)
    assert convention(record.pixels).low == pytest.approx(-0.5307 / 0.2583)
    assert convention(record.pixels).high == pytest.approx((1 - 0.5307) / 0.2583)
    assert resolve("mine", "TinyViT", entries=entries, pixels="tf", folder=folder).pixels == "tf"


def test_verify_reads_a_folder(folder: Path) -> None:
    found = verify(folder, "TinyViT")
    assert found.golden.image_size % 14 == 0
    assert found.num_parameters == build_base("TinyViT", 98, seed=0).count_params()
    assert found.report.left_over == ()
