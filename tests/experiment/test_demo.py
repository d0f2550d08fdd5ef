"""The demo's experiment file and the weights of the package; ``tests/cli`` tests the whole demo."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from radtl_tf.experiment import demo
from radtl_tf.models.backbones import BACKBONES, build_base
from radtl_tf.models.weights.catalogue import sha256_of
from radtl_tf.models.weights.file import read_weights
from radtl_tf.places import shipped
from radtl_tf.records.pretraining import portable, pretraining_from, read_pretraining, read_sidecar
from radtl_tf.records.reader import read_experiment

WEIGHTS = shipped("weights") / "phantom-MobileNet025_notop.h5"
SOURCE = shipped("experiments") / "pretrain-findings.toml"


def test_experiment_and_source_are_valid(tmp_path: Path) -> None:
    file = tmp_path / "experiment.toml"
    file.write_text(demo._experiment_text())
    experiment = read_experiment(file)
    source = pretraining_from(demo._source(), tmp_path)
    assert experiment.grid.backbones == (demo.SHIPPED, source.model.backbone)
    assert set(experiment.weights["phantom"].files) == set(experiment.grid.backbones)
    assert experiment.weights["phantom"].pixels == source.model.pixels == read_pretraining(SOURCE).model.pixels
    assert experiment.training.image_size == source.training.image_size


def known(now: Any, then: Any) -> Any:
    """Return what a record of an earlier version could say: keys that came later are left out."""
    return {key: now[key] for key in then} if isinstance(then, dict) else now


def test_the_weights_that_ship_were_made_from_the_source_that_ships() -> None:
    record, source = read_sidecar(WEIGHTS), read_pretraining(SOURCE)
    assert record is not None
    said, now = record["source"], portable(source)
    assert (record["file"], record["sha256"]) == (WEIGHTS.name, sha256_of(WEIGHTS))
    assert {name: known(now[name], value) for name, value in said.items()} == said
    assert (record["backbone"], record["pixels"]) == (demo.SHIPPED, demo.PIXELS)
    assert record["epochs"] == source.training.epochs and record["validation"]["auroc"] > 0.6
    assert WEIGHTS.stat().st_size < 1_000_000
    assert not re.search(r"(/home|/root|/tmp|/work)\b", WEIGHTS.with_name(f"{WEIGHTS.name}.json").read_text())


def test_the_weights_that_ship_are_read_whole() -> None:
    row = BACKBONES[demo.SHIPPED]
    found = read_weights(WEIGHTS, build_base(row.name, demo.SIZE, seed=0), backbone=row)
    assert len(found.report.matched) == row.num_layers and not found.report.warnings


@pytest.mark.parametrize("name", ["present", "absent"])
def test_the_weights_that_ship_are_copied_with_their_record(tmp_path: Path, name: str) -> None:
    if name == "present":
        demo._copy_shipped(tmp_path)
    demo._copy_shipped(tmp_path)
    copied = demo._weights(tmp_path, demo.SHIPPED)
    assert copied.read_bytes() == WEIGHTS.read_bytes()
    assert read_sidecar(copied) == read_sidecar(WEIGHTS)
