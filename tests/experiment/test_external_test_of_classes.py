"""A frozen model of several classes on another hospital's data."""

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
from PIL import Image

from radtl_tf.errors import DataError, ExperimentError
from radtl_tf.experiment.external_test import assess
from radtl_tf.records.disk import write_json
from radtl_tf.records.experiment import Task

pytestmark = pytest.mark.slow


def task(manifest: Path, **changes: Any) -> Task:
    return Task(manifest=manifest, patient="patient_id", **changes)


class Thirds(tf.Module):
    """A model whose probabilities are the brightness (0..1) of the upper, middle and lower third of an image."""

    @tf.function(input_signature=[tf.TensorSpec((None, None, None, 1), tf.uint16, name="pixels")])
    def thirds(self, pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        """Score images (B, H, W, 1)."""
        parts = tf.reshape(tf.cast(pixels, tf.float32) / 65535, (tf.shape(pixels)[0], 3, -1))
        return {"probabilities": tf.reduce_mean(parts, axis=2)}


@pytest.fixture
def thirds(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a model of the classes a, b and c whose scores follow from the images."""

    def write(name: str, kind: str, classes: str = "abc") -> Path:
        module = Thirds()
        tf.saved_model.save(module, str(tmp_path / name), signatures={"pixels": module.thirds})
        card = {"format": 1, "setting": name, "kind": kind, "classes": list(classes)}
        write_json(tmp_path / name / "assets.extra" / "radtl.json", card)
        return tmp_path / name

    return write


# Scores of a, b and c x 255: of the pairs of a case with a class and one without, 11 of 15, 14 of 15 and 11 of 12 are
# ordered correctly.
GREYS = [
    *((200, 30, 25), (100, 90, 65), (60, 75, 120)),
    *((40, 180, 35), (90, 110, 55), (150, 80, 25)),
    *((20, 35, 200), (85, 70, 100)),
]
LABELS = "aaabbbcc"


def ward(folder: Path, *, cells: list[str] | None = None, each: int = 1) -> Path:
    """Write the images of GREYS, two for a patient if ``each`` is 2, and the manifest with a label or ``cells``."""
    folder.mkdir(exist_ok=True)
    rows = ["path,label,patient_id,a,b,c"]
    for number, greys in enumerate(GREYS):
        pixels = np.repeat(np.array(greys, np.uint8), 2)[:, None].repeat(4, axis=1)
        Image.fromarray(pixels).save(folder / f"{number}.png")
        marks = ",".join(str(int(LABELS[number] == name)) for name in "abc")
        rows.append(f"{number}.png,{cells[number] if cells else LABELS[number]},secret-{number // each},{marks}")
    (folder / "labels.csv").write_text("\n".join(rows) + "\n")
    return folder / "labels.csv"


def values(out: Path) -> dict[str, float]:
    return {one["metric"]: one["value"] for one in json.loads((out / "results.json").read_text())["estimates"]}


def test_a_model_of_several_classes(thirds: Callable[..., Path], tmp_path: Path) -> None:
    tested = assess([thirds("m", "multiclass")], task(ward(tmp_path / "ward")), tmp_path / "out")
    found = values(tmp_path / "out")
    assert [found[f"auroc: {name}"] for name in "abc"] == pytest.approx([11 / 15, 14 / 15, 11 / 12])
    assert found["auroc"] == pytest.approx(31 / 36)
    own = [greys["abc".index(name)] / 255 for greys, name in zip(GREYS, LABELS, strict=True)]
    assert found["log_loss"] == pytest.approx(-np.log(own).mean())
    assert re.search(r"\b3 classes.*AUROC 0\.861\b", tested.external.sentence)
    scores = pd.read_csv(tmp_path / "out" / "scores.csv")
    truth = [f"truth_{name}" for name in "abc"]
    columns = ["model", "example", "patient", *truth, "score_a", "score_b", "score_c", "training_image"]
    assert list(scores.columns) == columns
    assert scores[truth].to_numpy().argmax(axis=1).tolist() == [0, 0, 0, 1, 1, 1, 2, 2]
    assert np.allclose(scores[["score_a", "score_b", "score_c"]] * 255, GREYS)
    for path in (tmp_path / "out").iterdir():
        assert b"secret-" not in path.read_bytes()


@pytest.mark.parametrize(
    ("cells", "changes"),
    [
        (["a|d", "d|a", "a", "b", "b|e", "b", "c", "c"], {"label_separator": "|"}),
        (None, {"label": ("c", "a", "b")}),
    ],
)
def test_labels_in_one_cell_or_in_columns_give_the_same(
    cells: list[str] | None, changes: dict[str, Any], thirds: Callable[..., Path], tmp_path: Path
) -> None:
    manifest = ward(tmp_path / "ward", cells=cells)
    assess([thirds("m", "multilabel")], task(manifest, **changes), tmp_path / "out")
    found = values(tmp_path / "out")
    assert [found[f"auroc: {name}"] for name in "abc"] == pytest.approx([11 / 15, 14 / 15, 11 / 12])
    given = np.where(np.eye(3)[["abc".index(name) for name in LABELS]] == 1, np.array(GREYS), 255 - np.array(GREYS))
    assert found["log_loss"] == pytest.approx(-np.log(given / 255).mean())


def test_labels_that_the_model_does_not_know_make_no_patients_differ(
    thirds: Callable[..., Path], tmp_path: Path
) -> None:
    cells = ["a|d", "a", "a", "a|e", "b|c", "c|b", "b|d", "b"]
    manifest = ward(tmp_path / "ward", cells=cells, each=2)
    tested = assess([thirds("m", "multilabel")], task(manifest, label_separator="|", unit="patient"), tmp_path / "out")
    assert tested.external.counts["patients with a"] == 2
    a = np.array(GREYS)[:, 0].reshape(4, 2).mean(axis=1)
    assert values(tmp_path / "out")["auroc: a"] == np.mean(
        [with_it > without for with_it in a[:2] for without in a[2:]]
    )


def test_two_models_of_the_same_classes_in_another_order(thirds: Callable[..., Path], tmp_path: Path) -> None:
    models = [thirds("m", "multiclass"), thirds("n", "multiclass", "cab")]
    tested = assess(models, task(ward(tmp_path / "ward")), tmp_path / "out")
    scores = pd.read_csv(tmp_path / "out" / "scores.csv").query("model == 'n'")
    assert np.allclose(scores[["score_c", "score_a", "score_b"]] * 255, GREYS)
    (test,) = tested.external.comparisons
    assert (test.metric, test.a, test.b) == ("auroc", "m", "n")
    assert test.method.startswith("paired patient bootstrap")


def test_what_does_not_fit_several_classes_is_refused(thirds: Callable[..., Path], tmp_path: Path) -> None:
    manifest, model = ward(tmp_path / "ward"), thirds("m", "multiclass")
    labels = thirds("n", "multilabel")
    without_c = tmp_path / "ward" / "without-c.csv"
    without_c.write_text("".join(line for line in manifest.read_text().splitlines(True) if ".png,c," not in line))
    other = tmp_path / "ward" / "other.csv"
    other.write_text(manifest.read_text().replace("png,c", "png,d"))
    for models, asked, threshold, values in (
        ([model], task(manifest), 0.5, "threshold .*binary"),
        ([model], task(manifest, positive="a"), None, "positive .*binary"),
        ([model, labels], task(manifest), None, "m .*multiclass .*n .*multilabel"),
        ([model], task(other), None, r"\b2 images .*'d'.* m "),
        ([model], task(without_c), None, "'c' .* m"),
        ([labels], task(manifest, label=("a", "b")), None, "columns .*'a', 'b',.* n "),
    ):
        with pytest.raises(DataError, match=values) as caught:
            assess(models, asked, tmp_path / "out", threshold=threshold)
        assert "\n" not in str(caught.value)
    with pytest.raises(ExperimentError, match=r"multilabel .*task\.label_separator"):
        assess([labels], task(manifest), tmp_path / "out")
    assert {path.name for path in tmp_path.iterdir()} == {"ward", "m", "n"}
