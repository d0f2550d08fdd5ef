"""The command ``pretrain``."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from radtl_tf.cli.main import Root
from radtl_tf.cli.pretrain import pretrain

SOURCE = """
name = "Own"
[task]
manifest = "labels.csv"
positive = "sick"
patient = "patient_id"
[model]
backbone = "Tiny"
[training]
image_size = 32
epochs = 1
batch_size = 8
[record]
license = "CC0-1.0"
"""


@pytest.fixture
def call(tmp_path: Path, tiny_backbone: str, radiographs_in: Callable[[Path], Path]) -> Callable[..., Result]:
    radiographs_in(tmp_path)
    (tmp_path / "source.toml").write_text(SOURCE)
    group = Root(commands=[pretrain])

    def run(*words: Any) -> Result:
        given = ["pretrain", str(tmp_path / "source.toml"), "--out", str(tmp_path / "own.h5"), *map(str, words)]
        result = CliRunner().invoke(group, given)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception  # a defect is shown with its traceback
        return result

    return run


def test_a_file_is_made_once_and_declared(call: Callable[..., Result], tmp_path: Path) -> None:
    first = call()
    assert first.exit_code == 0, first.output
    entry = tomllib.loads(first.stdout)["weights"]["own"]
    assert entry == {"files": {"Tiny": str(tmp_path / "own.h5")}, "pixels": "tf"}
    assert re.search(r"1 of 1: loss \d", first.stderr)
    assert json.loads((tmp_path / "own.h5.json").read_text())["license"] == "CC0-1.0"
    again = call()
    assert (again.exit_code, again.stdout) == (0, first.stdout)
    assert "1 epochs" in again.stderr
    (tmp_path / "source.toml").write_text(SOURCE.replace("epochs = 1", "epochs = 2"))
    changed = call()
    assert changed.exit_code == 1
    assert re.search(r"training\.epochs: 1 .*\b2 ", changed.stderr)
    assert changed.stderr.count("\n") == 1


def test_a_dry_run_prints_the_price(call: Callable[..., Result], tmp_path: Path) -> None:
    result = call("--dry-run", "--data-dir", tmp_path / "data")
    assert result.exit_code == 0, result.output
    assert re.match(r"54 .*\b6 .*\b2 classes\n", result.stdout)
    assert not (tmp_path / "own.h5.work").exists()


def test_a_wrong_source_is_one_line(call: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "source.toml").write_text(SOURCE.replace("epochs", "epoch"))
    result = call()
    assert result.exit_code == 1
    assert "'training.epoch'" in result.stderr and "'epochs'" in result.stderr
    assert result.stderr.startswith("Error: ")


@pytest.mark.slow
def test_each_kind_of_source_needs_its_flag(call: Callable[..., Result], tmp_path: Path) -> None:
    labeled = call("--self-supervised")
    assert labeled.exit_code == 1 and "[data]" in labeled.stderr, labeled.output
    task = SOURCE[SOURCE.index("[task]") : SOURCE.index("[model]")]
    (tmp_path / "source.toml").write_text(SOURCE.replace(task, '[data]\nimages = "images"\n'))
    unlabeled = call()
    assert unlabeled.exit_code == 1 and unlabeled.stderr.count("\n") == 1, unlabeled.output
    made = call("--self-supervised")
    assert made.exit_code == 0, made.output
    assert "embedding_sd" in made.stderr, made.output
    assert tomllib.loads(made.stdout)["weights"]["own"]["pixels"] == "tf"


def test_a_vision_transformer_is_not_trained_without_labels(call: Callable[..., Result], tmp_path: Path) -> None:
    task = SOURCE[SOURCE.index("[task]") : SOURCE.index("[model]")]
    source = SOURCE.replace(task, '[data]\nimages = "images"\n').replace("Tiny", "DINOv2Small")
    (tmp_path / "source.toml").write_text(source)
    refused = call("--self-supervised")
    assert refused.exit_code == 1 and refused.stderr.count("\n") == 1 and "DINOv2Small" in refused.stderr


def test_out_is_required() -> None:
    result = CliRunner().invoke(pretrain, ["source.toml"])
    assert result.exit_code == 2
    assert "--out" in result.stderr
