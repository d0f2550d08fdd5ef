"""Weights from unlabeled films: any source, resumed to the same bytes, recorded, loaded like any other, or refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from radtl_tf.errors import DataError, ExperimentError
from radtl_tf.experiment.weights.pretraining import finished, prepare_pretraining, pretrain, price_pretraining
from radtl_tf.experiment.weights.unlabeled import unlabeled_stream
from radtl_tf.models.backbones import BACKBONES, build_base
from radtl_tf.models.weights.catalogue import sha256_of
from radtl_tf.models.weights.file import read_weights, write_weights
from radtl_tf.records.experiment import Training
from radtl_tf.records.pretraining import Place
from radtl_tf.records.self_supervised import SelfSupervised, self_supervised_from
from radtl_tf.training.device import prepare
from radtl_tf.training.trainer import copies

Make = Callable[..., SelfSupervised]


@pytest.fixture
def source(tmp_path: Path, tiny_backbone: str, radiographs_in: Callable[[Path], Path]) -> Make:
    """Return a function that makes a pre-training on 60 films; keywords change sections of its file."""
    radiographs_in(tmp_path)

    def make(**sections: Any) -> SelfSupervised:
        raw: dict[str, Any] = {
            "name": "films",
            "data": {"images": "images"},
            "model": {"backbone": tiny_backbone, "pixels": "zero_one"},
            "training": {"image_size": 32, "epochs": 2, "batch_size": 8},
            "record": {"license": "CC0-1.0"},
        }
        return self_supervised_from({**raw, **sections}, tmp_path)

    return make


def ready(source: SelfSupervised, out: Path) -> Any:
    device = prepare(Training(), source.seed)
    return prepare_pretraining(
        source, Place(out), device=device, weights_folder=out.parent, data_dir=out.parent / "data"
    )


def test_labels_are_never_read_and_patients_are_counted(source: Make, tmp_path: Path) -> None:
    table = {"manifest": "labels.csv", "patient": "patient_id"}
    stream, record = unlabeled_stream(source(data=table), tmp_path / "data")
    assert (record["source"], record["examples"], record["patients"]) == ("labels.csv", 60, 60)
    path = tmp_path / "labels.csv"
    path.write_text("\n".join(f"{line},?{n}" for n, line in enumerate(path.read_text().splitlines())) + "\n")
    path.write_text(path.read_text().replace("sick", "").replace("well", ""))
    again, same = unlabeled_stream(source(data=table), tmp_path / "data")
    assert (same, again.builder.data_path) == (record, stream.builder.data_path)


def test_wrong_films_are_one_line(source: Make, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"data\.images"):
        unlabeled_stream(source(data={"images": "nowhere"}), tmp_path / "data")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no image"):
        unlabeled_stream(source(data={"images": "empty"}), tmp_path / "data")
    with pytest.raises(ExperimentError, match="DINOv2Small"):
        ready(source(model={"backbone": "DINOv2Small"}), tmp_path / "own.h5")


@pytest.mark.slow
def test_a_killed_call_goes_on_to_the_same_file(source: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_weights(tmp_path / "start.h5", build_base("Tiny", 32, seed=9))
    begin = {
        "model": {"backbone": "Tiny", "weights": "mine"},
        "weights": {"mine": {"files": {"Tiny": "start.h5"}, "pixels": "caffe"}},
    }
    made = ready(source(**begin), tmp_path / "whole.h5")
    assert price_pretraining(made)[0].startswith("60 films")
    made = ready(source(**begin), tmp_path / "whole.h5")
    expected = pretrain(made)
    out = tmp_path / "killed.h5"
    with monkeypatch.context() as patch:
        patch.setattr("radtl_tf.training.pretraining.epochs.describe", _kill)
        with pytest.raises(KeyboardInterrupt):
            pretrain(ready(source(**begin), out))
    assert finished(source(**begin), Place(out)) is None
    pretrain(ready(source(**begin), out))
    assert out.read_bytes() == (tmp_path / "whole.h5").read_bytes()
    values = read_weights(out, build_base("Tiny", 32, seed=0), backbone=BACKBONES["Tiny"]).values
    assert all(np.array_equal(a, b) for a, b in zip(values, copies(made.base.weights), strict=True))
    assert (expected["method"], expected["image_size"], expected["pixels"]) == ("simsiam", 32, "caffe")
    assert expected["sha256"] == sha256_of(out)
    assert expected["start"]["sha256"] == sha256_of(tmp_path / "start.h5")
    assert all(row["embedding_sd"] > 0.1 for row in expected["history"])
    assert "validation" not in expected and str(tmp_path) not in json.dumps(expected)


def _kill(*_: Any) -> None:
    raise KeyboardInterrupt


@pytest.mark.slow
def test_a_collapsed_training_leaves_no_file(source: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("radtl_tf.training.pretraining.siamese_trainer.COLLAPSED", 2.0)
    out = tmp_path / "own.h5"
    with pytest.raises(ExperimentError, match="collapsed in epoch 1"):
        pretrain(ready(source(), out))
    assert not out.exists() and not out.with_name("own.h5.json").exists()
