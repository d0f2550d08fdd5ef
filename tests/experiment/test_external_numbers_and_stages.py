"""Predict and test with models of a number and of stages whose scores follow from the images."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from click.testing import CliRunner, Result
from PIL import Image

from radtl_tf.cli.main import main
from radtl_tf.records.disk import write_json

GREYS = np.array([60, 80, 100, 120, 140, 160, 180, 200, 220, 90, 110, 130], np.uint8)  # of the images
AGES = [6.0, 8.5, 9.5, 12.5, 13.5, 16.5, 17.0, 20.5, 21.5, 9.0, 11.5, 12.5]
STAGES = ["CS1", "CS1", "CS1", "CS2", "CS2", "CS2", "CS3", "CS3", "CS3", "CS1", "CS2", "CS2"]


class Served(tf.Module):
    """The number is a tenth of the grey value (0..255); P(above CS1) and P(above CS2) are steep functions of it."""

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 1), tf.float32, name="grey")])
    def number(self, grey: tf.Tensor) -> dict[str, tf.Tensor]:
        """Score images (B, H, W, 1)."""
        return {"score": tf.reduce_mean(grey, axis=(1, 2, 3)) * 25.5}

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 1), tf.float32, name="grey")])
    def stages(self, grey: tf.Tensor) -> dict[str, tf.Tensor]:
        """Score images (B, H, W, 1)."""
        value = tf.reduce_mean(grey, axis=(1, 2, 3)) * 255
        first, second = tf.sigmoid((value - 105) / 10), tf.sigmoid((value - 170) / 10)
        return {"probabilities": tf.stack([1 - first, first - second, second], axis=1)}


CARDS: dict[str, dict[str, Any]] = {
    "number": {"kind": "regression", "classes": [], "label": "age", "label_unit": "years", "label_range": [7.0, 21.0]},
    "stages": {"kind": "ordinal", "classes": ["CS1", "CS2", "CS3"], "label": "stage"},
}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return a function that gives the folder of a model; ``facts`` change its card."""

    def write(kind: str, **facts: Any) -> Path:
        folder = tmp_path_factory.mktemp(kind) / "model"
        served = Served()
        tf.saved_model.save(served, str(folder), signatures={"grey": getattr(served, kind)})
        card = {"format": 1, "setting": f"net-{kind}", **CARDS[kind], **facts}
        write_json(folder / "assets.extra" / "radtl.json", card)
        return folder

    return write


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a manifest with ages and stages."""
    folder = tmp_path_factory.mktemp("hospital")
    rows = ["path,age,stage,patient_id"]
    for number, (grey, age, stage) in enumerate(zip(GREYS, AGES, STAGES, strict=True)):
        Image.new("L", (6, 5), int(grey)).save(folder / f"{number}.png")
        rows.append(f"{number}.png,{age},{stage},p{number}")
    (folder / "labels.csv").write_text("\n".join(rows) + "\n")
    return folder / "labels.csv"


def radtl(*words: object, code: int = 0) -> Result:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == code, result.output
    return result


def test_a_number_is_predicted_in_its_unit(model: Callable[..., Path], hospital: Path, tmp_path: Path) -> None:
    found = radtl("predict", model("number"), hospital, "--out", tmp_path / "scores.csv")
    assert "years" in found.stderr
    table = pd.read_csv(tmp_path / "scores.csv")
    assert list(table.columns) == ["path", "valid", "reason", "score", "quality"]
    assert table["score"].to_numpy() == pytest.approx(GREYS / 10, abs=1e-4)
    assert table["quality"].str.contains("range").tolist() == [not 70 <= grey <= 210 for grey in GREYS]


def test_stages_are_predicted_with_their_probabilities(model: Callable[..., Path], hospital: Path) -> None:
    lines = radtl("predict", model("stages"), hospital).stdout.splitlines()
    assert lines[0] == "path,valid,reason,score_CS1,score_CS2,score_CS3,stage,quality"
    assert [line.split(",")[6] for line in lines[1:]] == [
        "CS1" if g <= 105 else "CS2" if g <= 170 else "CS3" for g in GREYS
    ]


def test_a_unit_without_a_code_has_no_structured_report(
    model: Callable[..., Path], hospital: Path, tmp_path: Path
) -> None:
    pytest.importorskip("highdicom", reason="highdicom is not installed")
    odd = model("number", label_unit="points")
    said = radtl("predict", odd, hospital, "--dicom-sr", tmp_path / "sr", code=1)
    assert re.fullmatch(r"Error: .*'points'.*\n", said.stderr) and said.stdout == ""
    assert not (tmp_path / "sr").exists()


def test_a_number_is_tested(model: Callable[..., Path], hospital: Path, tmp_path: Path) -> None:
    words = ("--manifest", hospital, "--label", "age", "--patient", "patient_id", "--out", tmp_path / "out")
    found = json.loads(radtl("test", model("number"), *words, "--json").stdout)
    by = {one["metric"]: one for one in found["estimates"]}
    errors = GREYS / 10 - np.array(AGES)
    assert by["mae"]["value"] == pytest.approx(np.abs(errors).mean(), abs=1e-4)
    assert by["bias"]["value"] == pytest.approx(errors.mean(), abs=1e-4)
    assert by["mae"]["ci_low"] < by["mae"]["value"] < by["mae"]["ci_high"]
    assert found["label_unit"] == "years" and found["comparisons"] == []
    assert any(note.startswith("2 of 12 labels are outside") for note in found["notes"])
    table = pd.read_csv(tmp_path / "out" / "scores.csv")
    assert list(table.columns) == ["model", "example", "patient", "truth", "score", "training_image"]
    assert table["truth"].tolist() == AGES
    page = (tmp_path / "out" / "external.html").read_text()
    assert "MAE (years)" in page and "truth (years)" in page


def test_two_models_of_a_number_are_compared(model: Callable[..., Path], hospital: Path, tmp_path: Path) -> None:
    words = ("--manifest", hospital, "--label", "age", "--patient", "patient_id", "--out", tmp_path / "out")
    text = radtl("test", model("number"), "--compare", model("number", setting="again"), *words).stdout
    assert "net-number minus again: +0.000 years" in text and "below 0 the first has smaller errors" in text


def test_stages_are_tested(model: Callable[..., Path], hospital: Path, tmp_path: Path) -> None:
    words = ("--manifest", hospital, "--label", "stage", "--patient", "patient_id", "--out", tmp_path / "out")
    found = json.loads(radtl("test", model("stages"), *words, "--json").stdout)
    by = {one["metric"]: one["value"] for one in found["estimates"]}
    assert by["auroc"] == by["auroc: above CS1"] == by["weighted_kappa"] == by["stage_accuracy"] == 1
    assert found["stages"] == {
        "names": ["CS1", "CS2", "CS3"],
        "predicted": {"net-stages": [[4, 0, 0], [0, 5, 0], [0, 0, 3]]},
    }
    assert found["counts"]["images of CS2"] == 5
    table = pd.read_csv(tmp_path / "out" / "scores.csv")
    assert list(table.columns)[3:7] == ["truth_above CS1", "truth_above CS2", "score_above CS1", "score_above CS2"]
    page = (tmp_path / "out" / "external.html").read_text()
    assert "True and predicted stages" in page and "threshold" in page


@pytest.mark.parametrize(
    ("kind", "label", "extra", "said"),
    [
        ("number", "stage", (), "not a finite number"),
        ("stages", "age", (), "does not know"),
        ("number", "age", ("--threshold", "0.5"), "binary"),
        ("number", "age", ("--positive", "12"), "binary"),
        ("number", "age", ("--uncertain", "yes"), "uncertain"),
    ],
)
def test_what_does_not_fit_is_one_line(
    kind: str, label: str, extra: tuple[str, ...], said: str, model: Callable[..., Path], hospital: Path, tmp_path: Path
) -> None:
    words = ("--manifest", hospital, "--label", label, "--patient", "patient_id", "--out", tmp_path / "out", *extra)
    found = radtl("test", model(kind), *words, code=1)
    assert re.fullmatch(rf"Error: .*{said}.*\n", found.stderr.splitlines(keepends=True)[-1])
    assert not (tmp_path / "out").exists()
