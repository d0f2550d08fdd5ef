"""The demo's experiment file; ``tests/cli`` tests the whole demo."""

from __future__ import annotations

from pathlib import Path

from radtl_tf.experiment.demo import BACKBONES, PIXELS, _experiment_text, _source
from radtl_tf.records.pretraining import pretraining_from
from radtl_tf.records.reader import read_experiment


def test_experiment_and_sources_are_valid(tmp_path: Path) -> None:
    file = tmp_path / "experiment.toml"
    file.write_text(_experiment_text())
    experiment = read_experiment(file)
    assert experiment.grid.backbones == BACKBONES
    assert experiment.weights["phantom"].pixels == PIXELS
    assert [pretraining_from(_source(name), tmp_path).model.backbone for name in BACKBONES] == list(BACKBONES)
