"""Labels of a manifest against the classes of models; and all steps of a model with several classes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from radtl_tf.cli.main import main
from radtl_tf.data.manifest.paths import ImageFile
from radtl_tf.data.manifest.reader import Manifest
from radtl_tf.deploy.class_check import check_labels, target_of, task_of
from radtl_tf.errors import DataError
from radtl_tf.evaluation.metrics.auroc import auroc
from radtl_tf.records.experiment import Task
from radtl_tf.records.folder import OutputFolder

BINARY: dict[str, Any] = {"setting": "two", "classes": ["well", "sick"], "positive": "sick"}
SEVERAL: dict[str, Any] = {"setting": "three", "kind": "multiclass", "classes": ["a", "b", "c"]}
LABELS: dict[str, Any] = {"setting": "labels", "kind": "multilabel", "classes": ["a", "b", "c"]}


def manifest(**columns: list[str]) -> Manifest:
    table = pd.DataFrame(columns, dtype="str")
    sources = tuple(ImageFile(line, Path(f"{line}.png"), 1, 1) for line in range(2, len(table) + 2))
    return Manifest(Path("labels.csv"), table, sources)


def refused(*cards: dict[str, Any], table: Manifest | None = None, **task: Any) -> str:
    """Return why a task or the labels of ``table`` do not fit the models."""
    with pytest.raises(DataError) as caught:
        said = task_of(cards, Task(**task))
        if table:
            check_labels(table, said, cards)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_card_without_a_kind_describes_a_binary_model() -> None:
    assert target_of(BINARY).score == ("score",)
    assert target_of(SEVERAL).score == ("score_a", "score_b", "score_c")


def test_the_task_comes_from_the_models() -> None:
    assert task_of([BINARY, BINARY], Task()) == Task(kind="binary", positive="sick")
    assert task_of([BINARY], Task(positive="well")).positive == "well"
    assert task_of([SEVERAL], Task()) == Task(kind="multiclass")
    cell = Task(label_separator="|")
    assert task_of([LABELS], cell) == replace(cell, kind="multilabel", classes=("a", "b", "c"))
    columns = Task(label=("a", "b", "c"))
    assert task_of([LABELS], columns) == replace(columns, kind="multilabel")


def test_models_that_cannot_be_compared() -> None:
    turned = {**LABELS, "classes": ["c", "a", "b"]}
    assert task_of([LABELS, turned], Task()).classes == ("a", "b", "c")
    assert re.search("three .*multiclass .*labels .*multilabel", refused(SEVERAL, LABELS))
    fewer = {**SEVERAL, "setting": "fewer", "classes": ["a", "c"]}
    assert re.search("three and fewer .*'b'", refused(SEVERAL, fewer))


def test_only_binary_models_take_a_positive_class() -> None:
    assert re.search("positive .*binary.* three .*multiclass", refused(SEVERAL, positive="a"))


NUMBER: dict[str, Any] = {"setting": "age", "kind": "regression", "classes": [], "label_unit": "years"}
STAGES: dict[str, Any] = {"setting": "cvm", "kind": "ordinal", "classes": ["CS1", "CS2", "CS3"]}


def test_numbers_and_stages_take_unit_and_order_from_the_model() -> None:
    assert task_of([NUMBER, NUMBER], Task()) == Task(kind="regression", label_unit="years")
    assert task_of([STAGES], Task()) == Task(kind="ordinal", classes=("CS1", "CS2", "CS3"))
    assert target_of(STAGES).outputs == ("above CS1", "above CS2")
    assert re.search(
        "age .*'years' .*months .*'months'", refused(NUMBER, {**NUMBER, "setting": "months", "label_unit": "months"})
    )
    turned = {**STAGES, "setting": "turned", "classes": ["CS3", "CS2", "CS1"]}
    assert re.search("cvm .*'CS1', 'CS2', 'CS3' .*turned .*'CS3', 'CS2', 'CS1'", refused(STAGES, turned))
    assert re.search("age .*regression .*cvm .*ordinal", refused(NUMBER, STAGES))
    assert re.search("positive .*age .*regression", refused(NUMBER, positive="12"))


def test_labels_that_a_model_knows() -> None:
    for cards, table, task in (
        ([BINARY], manifest(label=["sick", "well", "sick"]), Task()),
        ([BINARY], manifest(label=["sick|other", "", "other"]), Task(label_separator="|")),
        ([SEVERAL], manifest(label=["b", "c", "a"]), Task()),
        ([LABELS], manifest(label=["a|other|b", "", "c"]), Task(label_separator="|")),
        ([NUMBER], manifest(label=["10.5", "12"]), Task()),
        ([STAGES], manifest(label=["CS1", "CS3", "CS2"]), Task()),
        ([LABELS], manifest(a=["1", "0"], b=["0", "1"], c=["1", "0"]), Task(label=("c", "a", "b"))),
    ):
        check_labels(table, task_of(cards, task), cards)


@pytest.mark.parametrize(
    ("card", "table", "task", "values"),
    [
        (BINARY, manifest(label=["sick", "healthy"]), {}, r"\b1 images .*'healthy'.* two"),
        (SEVERAL, manifest(label=["a", "d", "d"]), {}, r"\b2 images .*'d', .*'a', 'b', 'c'"),
        (SEVERAL, manifest(label=["a", "b"]), {}, r"labels\.csv: .*'c' .* three"),
        (SEVERAL, manifest(label=["a", ""]), {}, r"labels\.csv: 1 label .* line 3"),
        (STAGES, manifest(label=["CS1", "CS4", "CS3"]), {}, r"\b1 images .*'CS4'.* cvm .*'CS3'"),
        (STAGES, manifest(label=["CS1", "CS2", "CS2"]), {}, r"labels\.csv: no image .*'CS3' .*cvm"),
        (NUMBER, manifest(label=["10.5", "12Y"]), {}, r"labels\.csv.*not a finite number.*years"),
        (LABELS, manifest(label=["a|b", "c|c"]), {"label": "findings"}, "'findings'"),
        (LABELS, manifest(label=["a|b", "d"]), {"label_separator": "|"}, "no image .*'c'"),
        (LABELS, manifest(label=["a|b", "b|c"]), {"label_separator": "|"}, "every image .*'b'"),
        (LABELS, manifest(a=["1"], d=["0"]), {"label": ("a", "d")}, "columns .*'a', 'd', .*'a', 'b', 'c'"),
    ],
)
def test_labels_that_a_model_does_not_know(
    card: dict[str, Any], table: Manifest, task: dict[str, Any], values: str
) -> None:
    assert re.search(values, refused(card, table=table, **task))


def radtl(*words: object) -> Result:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exit_code == 0, result.output
    return result


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "labels"),
    [
        ("multiclass", ()),
        ("multilabel", ("--label-separator", "|")),
        ("multilabel", ("--label", "top", "--label", "bottom", "--label", "middle")),
    ],
)
def test_a_model_of_several_classes_is_exported_used_and_tested(
    kind: str, labels: tuple[str, ...], finished_several: Callable[[str], OutputFolder], tmp_path: Path
) -> None:
    finished_several(kind)
    radtl("export", tmp_path / "out", "--setting", "Tiny-mine-tf-frozen", "--out", tmp_path / "model")
    printed = radtl("predict", tmp_path / "model", tmp_path / "images" / "007.png").stdout
    assert printed.splitlines()[0] == "path,valid,reason,score_bottom,score_middle,score_top,quality"
    radtl("predict", tmp_path / "model", tmp_path / "images", "--out", tmp_path / "scores.csv")
    scores = pd.read_csv(tmp_path / "scores.csv").filter(like="score_").to_numpy()
    assert scores.shape == (60, 3)
    words = ("--manifest", tmp_path / "bands.csv", "--patient", "patient_id", *labels, "--out", tmp_path / "test")
    found = json.loads(radtl("test", tmp_path / "model", *words, "--json").stdout)
    marks = pd.read_csv(tmp_path / "bands.csv")[["bottom", "middle", "top"]].to_numpy()
    expected = [auroc(*of_class) for of_class in zip(marks.T, scores.T, strict=True)]
    assert [(one["metric"], one["value"]) for one in found["estimates"][:4]] == [
        ("auroc", pytest.approx(np.mean(expected))),
        *(
            (f"auroc: {name}", pytest.approx(of))
            for name, of in zip(("bottom", "middle", "top"), expected, strict=True)
        ),
    ]
    assert np.mean(expected) > 0.6
