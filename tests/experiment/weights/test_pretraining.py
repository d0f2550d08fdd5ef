"""Your own weights file: made from any source, resumed after a kill, recorded, and loaded like any other."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from radtl_tf.errors import DataError, ExperimentError, OutputError, WeightsError
from radtl_tf.experiment.weights.make import declaration
from radtl_tf.experiment.weights.pretraining import (
    finished,
    prepare_pretraining,
    pretrain,
    price_pretraining,
)
from radtl_tf.models.backbones import BACKBONES, build_base
from radtl_tf.models.weights.catalogue import sha256_of
from radtl_tf.models.weights.file import read_weights, write_weights
from radtl_tf.models.weights.sources import initialize, resolve
from radtl_tf.records.disk import read_json
from radtl_tf.records.experiment import Training, WeightsEntry
from radtl_tf.records.pretraining import Place, Pretraining, pretraining_from
from radtl_tf.training.device import prepare
from radtl_tf.training.trainer import copies

pytestmark = pytest.mark.slow

Make = Callable[..., Pretraining]


@pytest.fixture
def source(tmp_path: Path, tiny_backbone: str, radiographs_in: Callable[[Path], Path]) -> Make:
    """Return a function that makes a pre-training on 60 radiographs; keywords change sections of its file."""
    radiographs_in(tmp_path)

    def make(**sections: Any) -> Pretraining:
        raw: dict[str, Any] = {
            "name": "Own archive, 60",
            "task": {"manifest": "labels.csv", "positive": "sick", "patient": "patient_id"},
            "model": {"backbone": tiny_backbone, "pixels": "zero_one"},
            "training": {
                "image_size": 32,
                "epochs": 3,
                "batch_size": 8,
                "learning_rate": 0.01,
                "validation": 0.3,
                "augmentation": "laterality-safe",
            },
            "record": {"license": "CC0-1.0", "citation": "nobody"},
        }
        for section, changes in sections.items():
            raw[section] = {**raw.get(section, {}), **changes} if isinstance(changes, dict) else changes
        return pretraining_from(raw, tmp_path)

    return make


def ready(pretraining: Pretraining, out: Path, **options: Any) -> Any:
    device = prepare(Training(), pretraining.seed)
    return prepare_pretraining(pretraining, Place(out), device=device, weights_folder=out.parent, **options)


def timeless(sidecar: dict[str, Any]) -> dict[str, Any]:
    rows = [{**row, "seconds": None} for row in sidecar["history"]]
    return {**sidecar, "history": rows}


def manifest_of(folder: Path, labels: Sequence[str], header: str, paint: Callable[[np.ndarray, str], None]) -> None:
    """Write labels.csv and a PNG for each line of ``labels`` whose pixels follow from it."""
    rng, lines = np.random.default_rng(0), [f"path,{header},patient_id"]
    for number, label in enumerate(labels):
        pixels = rng.uniform(20, 120, (4, 4)).repeat(8, axis=0).repeat(8, axis=1)
        paint(pixels, label)
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{number}.png")
        lines.append(f"{number}.png,{label},{number}")
    (folder / "labels.csv").write_text("\n".join(lines) + "\n")


def test_the_file_loads_and_the_record_tells_how_it_was_made_but_no_path(source: Make, tmp_path: Path) -> None:
    out = tmp_path / "own.h5"
    made = ready(source(), out)
    sidecar = pretrain(made)
    assert read_json(tmp_path / "own.h5.json") == sidecar
    assert sidecar["sha256"] == sha256_of(out)
    assert (sidecar["backbone"], sidecar["pixels"], sidecar["epochs"]) == ("Tiny", "zero_one", 3)
    assert (sidecar["license"], sidecar["citation"]) == ("CC0-1.0", "nobody")
    assert sidecar["validation"]["auroc"] > 0.9
    assert sidecar["data"]["classes"] == ["well", "sick"]
    assert sidecar["data"]["counts"]["sick"] == {
        "training_images": 21,
        "validation_images": 9,
        "training_patients": 21,
        "validation_patients": 9,
    }
    values = read_weights(out, build_base("Tiny", 32, seed=0), backbone=BACKBONES["Tiny"]).values
    assert all(np.array_equal(a, b) for a, b in zip(values, copies(made.base.weights), strict=True))
    written = json.dumps(sidecar)
    assert str(tmp_path) not in written
    assert "images/" not in written
    assert (tmp_path / "own.h5.work" / "data" / "patient.key").stat().st_mode & 0o077 == 0
    left = {path.name for path in (tmp_path / "own.h5.work").iterdir()}
    assert left == {"data", "experiment.json", "history.csv", "state.json", "tensorboard"}


def test_a_killed_call_goes_on_to_the_same_file(source: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretraining = source()
    expected = pretrain(ready(pretraining, tmp_path / "whole.h5", data_dir=tmp_path / "data"))
    out = tmp_path / "killed.h5"
    for place in ("training.pretraining.epochs.describe", "experiment.weights.pretraining.rename"):
        with monkeypatch.context() as patch:
            patch.setattr(f"radtl_tf.{place}", _kill)
            with pytest.raises(KeyboardInterrupt):
                pretrain(ready(pretraining, out))
        assert not out.exists()
    assert finished(pretraining, Place(out)) is None
    resumed = pretrain(ready(pretraining, out))
    assert {**timeless(resumed), "file": "whole.h5"} == timeless(expected)
    assert out.read_bytes() == (tmp_path / "whole.h5").read_bytes()


def _kill(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


def test_a_complete_file_is_known_and_a_changed_source_refused(
    source: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("radtl_tf.experiment.weights.pretraining.train_source", lambda *_, **__: [])
    monkeypatch.setattr("radtl_tf.experiment.weights.pretraining.finish", lambda *_: {})
    pretraining, out = source(training={"epochs": 1}), tmp_path / "own.h5"
    sidecar = pretrain(ready(pretraining, out))
    assert finished(pretraining, Place(out)) == sidecar
    other = source(training={"epochs": 2})
    with pytest.raises(OutputError, match=r"training\.epochs: 1 .*\b2 "):
        finished(other, Place(out))
    (tmp_path / "own.h5.work").rename(tmp_path / "gone")
    assert finished(pretraining, Place(out)) == sidecar
    with pytest.raises(OutputError, match="source"):
        finished(other, Place(out))
    out.write_bytes(out.read_bytes() + b"\0")
    with pytest.raises(OutputError, match=r"own\.h5\.json"):
        finished(pretraining, Place(out))
    (tmp_path / "own.h5.json").unlink()
    with pytest.raises(OutputError, match=r"own\.h5"):
        finished(pretraining, Place(out))


def test_an_unfinished_one_is_no_place_for_another(source: Make, tmp_path: Path, monkeypatch: Any) -> None:
    out = tmp_path / "own.h5"
    monkeypatch.setattr("radtl_tf.experiment.weights.pretraining.train_source", _kill)
    with pytest.raises(KeyboardInterrupt):
        pretrain(ready(source(), out))
    with pytest.raises(OutputError, match=r"seed: 726 .*\b1 "):
        ready(source(seed=1), out)
    path = tmp_path / "labels.csv"
    path.write_text(path.read_text().replace("000.png,well", "000.png,sick"))
    with pytest.raises(OutputError, match=r"data\."):
        pretrain(ready(source(), out))


@pytest.mark.parametrize("name", ["own.keras", "own", "own.weights.h5"])
def test_a_name_that_keras_reads_otherwise(name: str, source: Make, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"\*\.h5"):
        finished(source(), Place(tmp_path / name))


def test_four_classes(source: Make, tmp_path: Path) -> None:
    def paint(pixels: np.ndarray, label: str) -> None:
        row, column = divmod("abcd".index(label), 2)
        pixels[16 * row : 16 * row + 16, 16 * column : 16 * column + 16] += 120

    manifest_of(tmp_path, list("abcd") * 15, "label", paint)
    task = {"manifest": "labels.csv", "kind": "multiclass", "positive": None, "patient": "patient_id"}
    pretraining = source(
        task=task, training={"epochs": 4, "batch_size": 4, "class_weights": "balanced", "augmentation": "none"}
    )
    sidecar = pretrain(ready(pretraining, tmp_path / "own.h5"))
    assert sidecar["data"]["classes"] == list("abcd")
    assert (sidecar["data"]["kind"], sidecar["validation"]["auroc_classes"]) == ("multiclass", 4)
    assert sidecar["validation"]["auroc"] > 0.7


def test_several_labels(source: Make, tmp_path: Path) -> None:
    def paint(pixels: np.ndarray, label: str) -> None:
        pixels[:16] += 120 * ("up" in label)
        pixels[:, :16] += 15 * ("left" in label)

    manifest_of(tmp_path, ["up", "left", "up|left", ""] * 15, "label", paint)
    task = {"kind": "multilabel", "positive": None, "label_separator": "|"}
    sidecar = pretrain(ready(source(task=task), tmp_path / "own.h5"))
    assert (sidecar["data"]["kind"], sidecar["data"]["classes"]) == ("multilabel", ["left", "up"])
    assert sidecar["validation"]["auroc"] > 0.7
    counts = sidecar["data"]["counts"]["up"]
    assert counts["training_images"] + counts["validation_images"] == 30


def test_weights_to_start_from(source: Make, tmp_path: Path) -> None:
    start = build_base("Tiny", 32, seed=99)
    write_weights(tmp_path / "start.h5", start)
    model = {"weights": "mine", "pixels": "native"}
    declared = {"mine": {"files": {"Tiny": "start.h5"}, "pixels": "caffe"}}
    made = ready(source(model=model, weights=declared), tmp_path / "own.h5")
    assert all(np.array_equal(a, b) for a, b in zip(copies(start.weights), copies(made.base.weights), strict=True))
    assert (made.weights.pixels, made.weights.sha256) == ("caffe", sha256_of(tmp_path / "start.h5"))
    (tmp_path / "start.h5").unlink()
    with pytest.raises(WeightsError, match=r"start\.h5"):
        ready(source(model=model, weights=declared), tmp_path / "other.h5")


def test_a_data_set_is_shared_in_a_folder(source: Make, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    first = ready(source(), tmp_path / "a.h5", data_dir=shared)
    second = ready(source(model={"pixels": "tf"}), tmp_path / "b.h5", data_dir=shared)
    assert first.stream.builder.data_path == second.stream.builder.data_path
    assert not (tmp_path / "a.h5.work").exists()


def test_a_vision_transformer_becomes_a_folder_that_an_experiment_loads(
    source: Make, tmp_path: Path, tiny_transformer: str
) -> None:
    asked = source(model={"backbone": f"{tiny_transformer}Mean"}, training={"image_size": 42, "epochs": 1})
    with pytest.raises(OutputError, match=r"model\.safetensors"):
        finished(asked, Place(tmp_path / "own.h5"))
    made = ready(asked, tmp_path / "own" / "model.safetensors")
    sidecar = pretrain(made)
    folder = tmp_path / "own"
    assert sidecar["sha256"] == sha256_of(folder / "model.safetensors")
    entries = {"own": WeightsEntry(files={tiny_transformer: folder})}
    record = resolve("own", tiny_transformer, entries=entries, folder=tmp_path)
    assert (record.pixels, record.sha256) == ("zero_one", sidecar["sha256"])
    again = build_base(tiny_transformer, 42, seed=5)
    initialize(again, record, 0)
    for value, trained in zip(copies(again.weights), copies(made.base.weights), strict=True):
        np.testing.assert_array_equal(value, trained)
    initialize(build_base(tiny_transformer, 70, seed=5), record, 0)  # other positions
    assert f'files.{tiny_transformer}Mean = "{folder.resolve()}"' in declaration(sidecar, folder / "model.safetensors")


def test_wrong_data_stop_before_anything_is_trained(source: Make, tmp_path: Path) -> None:
    (tmp_path / "images" / "004.png").write_bytes(b"<html>")
    with pytest.raises(DataError, match="line 6"):
        ready(source(), tmp_path / "own.h5")
    with pytest.raises(DataError, match=r"validation = 0\.01 "):
        (tmp_path / "images" / "004.png").write_bytes((tmp_path / "images" / "005.png").read_bytes())
        ready(source(training={"validation": 0.01}), tmp_path / "own.h5")


@pytest.mark.parametrize("work", [pretrain, price_pretraining])
def test_exhausted_memory_is_one_line(source: Make, tmp_path: Path, monkeypatch: Any, work: Callable[..., Any]) -> None:
    def full(*_: Any) -> None:
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")

    made = ready(source(), tmp_path / "own.h5")
    monkeypatch.setattr("radtl_tf.training.pretraining.backbone_trainer.Learner.step", full)
    with pytest.raises(ExperimentError, match=r"memory .*\b8 images .*training\.batch_size"):
        work(made)


def test_the_price_of_a_pre_training(source: Make, tmp_path: Path) -> None:
    lines = price_pretraining(ready(source(), tmp_path / "own.h5"))
    assert lines[0] == "42 images to train on, 18 to validate on, 2 classes"
    assert lines[-1].endswith("hours for 3 epochs")
    assert not (tmp_path / "own.h5").exists()
    assert [path.name for path in (tmp_path / "own.h5.work").iterdir()] == ["data"]


LOAD = """
import sys, numpy as np, tf_keras
make = tf_keras.applications.MobileNet
model = make(include_top=False, pooling="avg", weights=sys.argv[1], input_shape=(32, 32, 3))
np.save(sys.argv[3], model(np.load(sys.argv[2]), training=False).numpy())
"""


def test_both_kerases_load_what_a_real_backbone_learned(source: Make, tmp_path: Path) -> None:
    import subprocess
    import sys

    pytest.importorskip("tf_keras")
    out = tmp_path / "own.h5"
    made = ready(source(model={"backbone": "MobileNet"}, training={"epochs": 1}), out)
    pretrain(made)
    images = np.random.default_rng(0).uniform(0, 1, (2, 32, 32, 3)).astype(np.float32)
    expected = keras.ops.convert_to_numpy(made.base(images, training=False))
    assert np.abs(expected).max() > 0
    new = keras.applications.MobileNet(include_top=False, pooling="avg", weights=str(out), input_shape=(32, 32, 3))
    np.testing.assert_allclose(new(images, training=False), expected, rtol=1e-5, atol=1e-6)
    np.save(tmp_path / "images.npy", images)
    files = [str(tmp_path / name) for name in ("own.h5", "images.npy", "features.npy")]
    subprocess.run([sys.executable, "-c", LOAD, *files], check=True, capture_output=True, timeout=300)
    np.testing.assert_allclose(np.load(tmp_path / "features.npy"), expected, rtol=1e-4, atol=1e-5)
