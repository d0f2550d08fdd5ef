"""Weights files made in one call; how they are trained is tested with ``experiment.weights.pretraining``."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from radtl_tf.experiment.weights import make as module
from radtl_tf.experiment.weights.make import declaration, make_weights
from radtl_tf.logs import shown
from radtl_tf.records.reader import experiment_from


def test_a_complete_file_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record: Any = {"epochs": 3, "sha256": "0" * 64}
    monkeypatch.setattr(module, "finished", lambda pretraining, place: record)
    pretraining: Any = None
    lines: list[str] = []
    with shown(lines.append):
        assert make_weights(pretraining, tmp_path / "own.h5") is record
    assert len(lines) == 1


def test_the_declaration_is_read_by_an_experiment(tmp_path: Path, tiny_backbone: str) -> None:
    out = tmp_path / 'a "quoted" folder' / "own.h5"
    text = declaration({"name": "Own archive, 60 (2024)", "backbone": tiny_backbone, "pixels": "tf"}, out)
    raw: dict[str, Any] = {
        "name": "next",
        "task": {"manifest": "labels.csv", "positive": "sick", "patient": "patient_id"},
        "grid": {
            "backbones": [tiny_backbone],
            "weights": ["own-archive-60-2024"],
            "tunings": [{"mode": "frozen", "learning_rates": [0.1]}],
        },
        **tomllib.loads(text),
    }
    entry = experiment_from(raw, tmp_path).weights["own-archive-60-2024"]
    assert (entry.files[tiny_backbone], entry.pixels) == (out, "tf")
