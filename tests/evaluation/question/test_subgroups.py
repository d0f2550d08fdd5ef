"""The question within a subgroup uses only its cases, or is refused with the reason."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from radtl_tf.errors import DataError
from radtl_tf.evaluation.evaluate import Evaluation, evaluate
from radtl_tf.evaluation.inference.corrected_t import fold_mean
from radtl_tf.evaluation.metrics.auroc import auroc
from radtl_tf.evaluation.question.chosen_runs import question_pairs
from radtl_tf.evaluation.question.inner_choice import run_values
from radtl_tf.evaluation.question.subgroups import banded, demographics, subgroups_of
from radtl_tf.evaluation.results.experiment_record import read_record
from radtl_tf.evaluation.results.predictions import read_predictions
from radtl_tf.evaluation.results.units import fold_values
from radtl_tf.records.csv_text import csv_text

Outcome = Callable[..., Path]


def asked(outcome: Outcome, *names: str, **like: object) -> Path:
    """Write an experiment whose patients are F and M in turn and whose ages are 10 to 89."""
    folder = outcome(backbones=("ResNet50",), num_patients=400, evaluation={"subgroups": list(names)}, **like)
    cases = pd.read_csv(folder / "folds.csv", dtype=str).drop_duplicates("example")
    patients = cases["patient"].map(lambda patient: int(patient, 16))
    known = {"sex": patients.map(lambda p: "FM"[p % 2]), "age": (10 + patients % 80).astype(str)}
    known["site"] = patients.map(lambda p: ["=a", "", "b"][min(p, 2)])
    rows = zip(cases["example"], *(known[name] for name in names), strict=True)
    (folder / "metadata.csv").write_text(csv_text(["example", *names], rows))
    return folder


def test_a_subgroups_value_is_of_its_cases(outcome: Outcome) -> None:
    folder = asked(outcome, "sex", unit="image")
    found = evaluate(folder)
    table = found.secondary.subgroups.table
    assert table["value"].tolist() == ["F", "M"]
    predictions = read_predictions(folder / "predictions.csv")
    women = predictions[predictions["patient"].map(lambda patient: int(patient, 16) % 2 == 0)]
    trained = found.folds[~found.folds["scenario"].str.contains("probe")]
    means = []
    for weights in ("imagenet", "random"):
        own = trained[trained["scenario"].str.contains(weights)]
        chosen = own.loc[own.groupby("fold")["inner_loss"].idxmin(), ["scenario", "fold"]]
        rows = women[women["part"] == "test"].merge(chosen)
        means.append([auroc(of["truth"].to_numpy(), of["score"].to_numpy()) for _, of in rows.groupby("fold")])
    row = table.iloc[0]
    assert (row["auroc_a"], row["auroc_b"]) == pytest.approx(tuple(np.mean(means, axis=1)))
    expected = fold_mean(np.subtract(*means), 5)
    assert (row["difference"], row["ci_low"], row["ci_high"]) == pytest.approx((expected.mean, *expected.interval()))
    images = women.drop_duplicates("example")
    for side, values in zip(("a", "b"), means, strict=True):
        low, high = np.clip(fold_mean(values, 5).interval(), 0, 1)
        assert (row[f"{side}_low"], row[f"{side}_high"]) == pytest.approx((low, high))
    assert row["images"] == len(images)
    assert row["positives"] == images["truth"].sum()
    assert table["patients"].tolist() == [200, 200]


def test_one_side_alone_has_the_aurocs_of_the_comparison(outcome: Outcome) -> None:
    folder = asked(outcome, "sex", unit="image")
    record = read_record(folder)
    predictions = read_predictions(folder / "predictions.csv")
    table = evaluate(folder).secondary.subgroups.table
    side, _ = next(question_pairs(record, run_values(record, fold_values(predictions, "image"))))
    found = subgroups_of(folder, record, predictions, side)
    for own, theirs in (("auroc", "auroc_a"), ("low", "a_low"), ("high", "a_high"), ("positives", "positives")):
        assert found[own].tolist() == pytest.approx(table[theirs].tolist())
    women = predictions[predictions["patient"].map(lambda patient: int(patient, 16) % 2 == 0)]
    one_class = predictions.drop(women[women["truth"] == 1].index)
    assert "lack a class" in subgroups_of(folder, record, one_class, side).iloc[0]["reason"]


def test_a_planted_difference_between_subgroups_is_seen(outcome: Outcome) -> None:
    folder = asked(outcome, "sex", unit="image")
    path = folder / "predictions.csv"
    table = pd.read_csv(path, dtype={"patient": str})
    men = table["patient"].map(lambda patient: int(patient, 16) % 2 == 1)
    table.loc[men & table["scenario"].str.contains("imagenet"), "score"] = 0.5
    table.to_csv(path, index=False)
    found = evaluate(folder).secondary.subgroups.table.set_index("value")
    assert found.loc["M", "auroc_a"] == 0.5
    assert found.loc["M", ["a_low", "a_high"]].isna().all()  # the same in every fold
    assert found.loc["F", "auroc_a"] > 0.65


def test_small_subgroups_are_refused_or_warned_of(outcome: Outcome) -> None:
    found = evaluate(asked(outcome, "site"))
    table = found.secondary.subgroups.table.set_index("value")
    assert list(table.index) == ["=a", "b", "unknown"]
    assert "5 of 5" in table.loc["=a", "reason"]
    assert table.loc[["=a", "unknown"], ["auroc_a", "a_low", "b_high", "difference"]].isna().all(axis=None)
    assert table.loc["b", "reason"] == ""
    (note,) = found.secondary.subgroups.notes
    assert re.search(r"site = =a .*\b10\b.*\(0\); site = unknown", note)
    assert note in found.notes


def test_ages_are_divided_into_bands(outcome: Outcome) -> None:
    found = evaluate(asked(outcome, "age"))
    bands = ["0 to 19", "20 to 39", "40 to 59", "60 to 79", "80 and above"]
    assert found.secondary.subgroups.table["value"].tolist() == bands
    assert banded("spacing", pd.Series(["0.15", "0.1499", "x"])).tolist() == [
        "0.15 to 0.20 mm",
        "0.10 to 0.15 mm",
        "unknown",
    ]


def test_demographics_are_per_patient_or_per_image() -> None:
    folds = pd.DataFrame(
        [(0, "p", 0, 0, "test"), (1, "p", 0, 0, "test"), (2, "q", 0, 0, "test"), (3, "r", 0, 0, "train")],
        columns=["example", "patient", "repeat", "fold", "part"],
    )
    known = [("30", "F", "AP"), ("31", "F", "PA"), ("50", "", "PA"), ("", "M", "")]
    found = demographics(folds, pd.DataFrame(known, columns=["age", "sex", "view"])).set_index("part")
    assert found.loc["test", ["age", "sex", "view"]].tolist() == ["40 ± 14.1", "F 1, unknown 1", "PA 2, AP 1"]
    assert found.loc["train", ["age", "sex", "view"]].tolist() == ["unknown 1", "M 1", "unknown 1"]


def test_many_values_are_summed_up() -> None:
    folds = pd.DataFrame({"example": range(8), "patient": list("abcdefgh"), "repeat": 0, "fold": 0, "part": "test"})
    found = demographics(folds, pd.DataFrame({"site": list("abcdefgh")}))
    assert found["site"].item() == "a 1, b 1, c 1, d 1, e 1, f 1, others 2"


@pytest.mark.parametrize("spoil", ["missing", "column", "examples", "text"])
def test_metadata_of_another_kind_are_refused(outcome: Outcome, spoil: str) -> None:
    folder = asked(outcome, "sex")
    path = folder / "metadata.csv"
    lines = path.read_text().splitlines(keepends=True)
    content = {"column": ["example,age\n", *lines[1:]], "examples": lines[:-3], "text": ["example,sex\nx,F\n"]}
    path.unlink()
    if spoil in content:
        path.write_text("".join(content[spoil]))
    with pytest.raises(DataError, match=r"metadata\.csv") as caught:
        evaluate(folder)
    assert "\n" not in str(caught.value)


def test_without_a_question_there_are_demographics_only(outcome: Outcome) -> None:
    found = evaluate(asked(outcome, "sex", question=None)).secondary.subgroups
    assert len(found.table) == 0
    assert len(found.demographics) == 15
    assert len(found.notes) == 1


def test_unasked_there_is_nothing(evaluation: Evaluation) -> None:
    found = evaluation.secondary.subgroups
    assert len(found.table) == len(found.demographics) == len(found.notes) == 0
